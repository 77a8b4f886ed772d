import { zitadelOidc } from './products/zitadel-oidc.ts';
import { testProduct } from './test-product.ts';

testProduct(zitadelOidc);
