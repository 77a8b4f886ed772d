import { glewlwyd } from './products/glewlwyd.ts';
import { testProduct } from './test-product.ts';

testProduct(glewlwyd);
