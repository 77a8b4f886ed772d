/** `cert_file` → `cert`, `redirect_uris` → `redirectUris`: a key that names a file is replaced by its content. */
export type SettingName<K extends string> = K extends `${infer Name}_file` ? CamelCase<Name> : CamelCase<K>;
type CamelCase<K extends string> = K extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : K;

export function settingName(key: string): string {
  return key.replace(/_file$/, '').replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
