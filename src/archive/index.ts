export { type CopyCounts, newCounts, skip } from "./counts.ts";
export { type GivenPath, givenPath, type OpenFiles, ownOpenFiles } from "./folder.ts";
export { type HandedFile, type HandOver, handOverField } from "./hand-over.ts";
export { type Entry, type EntryType, encodeGnuHeader, encodeHeader, endOfArchive, padding } from "./header.ts";
export { type LayerOptions, packLayer } from "./layer.ts";
export { type PackOptions, pack } from "./packer.ts";
export { type EntrySink, TarReader } from "./reader.ts";
export { readReport, wholeReport } from "./report.ts";
export { Unpacker, type UnpackOptions } from "./unpacker.ts";
