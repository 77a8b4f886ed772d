/** A gate with a keyhole. */
export const STATUS_ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#2456d6"/><path fill="#fff" d="M16 7a6 6 0 0 0-3 11.2V25h6v-6.8A6 6 0 0 0 16 7zm0 4a2 2 0 1 1 0 4 2 2 0 0 1 0-4z"/></svg>
`;
