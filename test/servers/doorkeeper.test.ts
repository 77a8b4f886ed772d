import { doorkeeper } from './products/doorkeeper.ts';
import { testProduct } from './test-product.ts';

testProduct(doorkeeper);
