// Every number and list that somebody could argue about, with its source. Nothing here is read from anywhere;
// a node overrides what adapters/config.ts lets it override.
