import { canaille } from './products/canaille.ts';
import { testProduct } from './test-product.ts';

testProduct(canaille);
