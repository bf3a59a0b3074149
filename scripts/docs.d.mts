/** The pages of docs/methods/ by their names. */
export function renderPages(): Map<string, string>;
