import { dex } from './products/dex.ts';
import { testProduct } from './test-product.ts';

testProduct(dex);
