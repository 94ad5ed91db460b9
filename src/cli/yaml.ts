/**
 * YAML, for the commands that print it, which load it when they do. By this module: the package is CommonJS, of which
 * `import()` in a bundle has no names.
 */
export { stringify } from "yaml";
