import { cas } from './products/cas.ts';
import { testProduct } from './test-product.ts';

testProduct(cas);
