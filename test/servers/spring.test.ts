import { springAuthorizationServer } from './products/spring/spring-authorization-server.ts';
import { springSecurityOAuth } from './products/spring/spring-security-oauth.ts';
import { testProduct } from './test-product.ts';

testProduct(springAuthorizationServer);
testProduct(springSecurityOAuth);
