import { newestKeycloak } from './products/keycloak/newest-keycloak.ts';
import { oldKeycloak } from './products/keycloak/old-keycloak.ts';
import { testProduct } from './test-product.ts';

testProduct(newestKeycloak);
testProduct(oldKeycloak);
