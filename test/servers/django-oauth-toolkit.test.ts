import {
  middleDjangoOAuthToolkit,
  newestDjangoOAuthToolkit,
  oldestDjangoOAuthToolkit,
} from './products/django-oauth-toolkit.ts';
import { testProduct } from './test-product.ts';

testProduct(oldestDjangoOAuthToolkit);
testProduct(middleDjangoOAuthToolkit);
testProduct(newestDjangoOAuthToolkit);
