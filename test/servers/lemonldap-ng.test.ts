import { lemonldapNg } from './products/lemonldap-ng.ts';
import { testProduct } from './test-product.ts';

testProduct(lemonldapNg);
