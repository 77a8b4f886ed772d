/** `cert_file` → `cert`, `redirect_uris` → `redirectUris`: a key that names a file is replaced by its content. */
export type SettingName<K extends string> = K extends `${infer Name}_file` ? CamelCase<Name> : CamelCase<K>;
type CamelCase<K extends string> = K extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : K;

export function settingName(key: string): string {
  return key.replace(/_file$/, '').replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/**
 * The output of a schema under the names of the typed configuration: `redirect_uris` as `redirectUris`, `cert_file` as `cert`. A
 * record is a list of its entries, in the order of the file.
 */
export type Settings<T> = T extends readonly (infer E)[]
  ? readonly Settings<E>[]
  : T extends object
    ? string extends keyof T
      ? readonly (readonly [key: string, value: Settings<T[keyof T]>])[]
      : { readonly [K in keyof T as SettingName<K & string>]: Settings<T[K]> }
    : T;

/**
 * Settings that may contain invalid values. An invalid value is present as `undefined`, which tells it from a missing key.
 */
export type Draft<T> = T extends readonly (readonly [string, infer V])[]
  ? readonly (readonly [key: string, value: Draft<V> | undefined])[]
  : T extends readonly (infer E)[]
    ? readonly (Draft<E> | undefined)[]
    : T extends object
      ? { readonly [K in keyof T]?: Draft<T[K]> | undefined }
      : T;
