import { betterAuth } from './products/better-auth.ts';
import { testProduct } from './test-product.ts';

testProduct(betterAuth);
