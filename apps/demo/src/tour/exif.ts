/** A place on earth, in degrees. */
export interface Position {
  readonly latitude: number;
  readonly longitude: number;
}

/** Tags of Exif 3.0 §4.6: where the GPS directory is, and what is in it. */
const GPS_DIRECTORY = 0x8825;
const LATITUDE_REF = 1;
const LATITUDE = 2;
const LONGITUDE_REF = 3;
const LONGITUDE = 4;

const ENTRY_BYTES = 12;

/**
 * Reads the position out of an Exif segment: a TIFF file in small (TIFF 6.0 §2), with or without "Exif\0\0" before it.
 *
 * @returns undefined when it tells none
 */
export function positionIn(exif: Buffer): Position | undefined {
  const tiff = exif.subarray(exif.toString('latin1', 0, 4) === 'Exif' ? 6 : 0);
  const reader = new TiffReader(tiff);
  const gpsAt = reader.entry(reader.uint32(4), GPS_DIRECTORY);
  if (gpsAt === undefined) return undefined;
  const gps = reader.uint32(gpsAt + 8);
  const latitude = reader.degrees(gps, LATITUDE, LATITUDE_REF, 'S');
  const longitude = reader.degrees(gps, LONGITUDE, LONGITUDE_REF, 'W');
  return latitude === undefined || longitude === undefined ? undefined : { latitude, longitude };
}

class TiffReader {
  readonly #bytes: Buffer;
  readonly #littleEndian: boolean;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#littleEndian = bytes.toString('latin1', 0, 2) === 'II';
  }

  uint16(at: number): number {
    return this.#littleEndian ? this.#bytes.readUInt16LE(at) : this.#bytes.readUInt16BE(at);
  }

  uint32(at: number): number {
    return this.#littleEndian ? this.#bytes.readUInt32LE(at) : this.#bytes.readUInt32BE(at);
  }

  /** Where the entry of a tag begins in the directory at an offset. */
  entry(directory: number, tag: number): number | undefined {
    const count = this.uint16(directory);
    for (let index = 0; index < count; index += 1) {
      const at = directory + 2 + index * ENTRY_BYTES;
      if (this.uint16(at) === tag) return at;
    }
    return undefined;
  }

  /** Degrees, minutes and seconds, three fractions, as one number; below zero on the other side. */
  degrees(directory: number, tag: number, refTag: number, negativeRef: string): number | undefined {
    const valueAt = this.entry(directory, tag);
    const refAt = this.entry(directory, refTag);
    if (valueAt === undefined || refAt === undefined) return undefined;
    const at = this.uint32(valueAt + 8);
    const [degrees = 0, minutes = 0, seconds = 0] = [0, 8, 16].map(
      (offset) => this.uint32(at + offset) / this.uint32(at + offset + 4),
    );
    const sign = this.#bytes.toString('latin1', refAt + 8, refAt + 9) === negativeRef ? -1 : 1;
    return sign * (degrees + minutes / 60 + seconds / 3_600);
  }
}
