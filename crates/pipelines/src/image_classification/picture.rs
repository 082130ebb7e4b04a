//! Pictures as pixels: made by the caller, or read from PNG and PPM files.

use std::io::Read;
use std::path::Path;

use crate::{Error, Result};

/// Pixels that a picture has at most: no file may ask for more memory than there is.
const MOST_PIXELS: usize = 100_000_000;

/// A picture: red, green and blue of each pixel, row by row from the top.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    name: String,
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Picture {
    /// A picture from its pixels, three bytes each.
    ///
    /// # Errors
    /// When there are not `3 · width · height` bytes, or none.
    pub fn from_rgb(width: usize, height: usize, pixels: impl Into<Vec<u8>>) -> Result<Self> {
        let pixels = pixels.into();
        let needed = width.checked_mul(height).and_then(|count| count.checked_mul(3));
        if needed != Some(pixels.len()) || pixels.is_empty() {
            let problem = format!(
                "there are {} bytes, and a picture of {width} × {height} has three for each pixel",
                pixels.len()
            );
            return Err(Error::input("pixels", problem));
        }
        Ok(Self { name: format!("{width} × {height} pixels"), width, height, pixels })
    }

    /// A picture from one number a pixel, 0 for black to 255 for white.
    ///
    /// # Errors
    /// When there are not `width · height` bytes, or none.
    pub fn from_grey(width: usize, height: usize, pixels: &[u8]) -> Result<Self> {
        Self::from_rgb(width, height, pixels.iter().flat_map(|grey| [*grey; 3]).collect::<Vec<_>>())
    }

    /// A picture from a PNG file (of eight bits a colour, not interlaced) or a binary PPM or PGM file. What is transparent becomes black.
    ///
    /// # Errors
    /// When the file cannot be read, or is of another format.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let bad = |problem: String| Error::input("picture", format!("{}: {problem}", path.display()));
        let bytes = std::fs::read(path).map_err(|error| bad(error.to_string()))?;
        let picture = Self::decode(&bytes).map_err(bad)?;
        let name = path.file_name().map_or_else(|| picture.name.clone(), |name| name.to_string_lossy().into_owned());
        Ok(Self { name, ..picture })
    }

    /// What it is called: its file, or its size.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Pixels of a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// How many rows there are.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Three bytes a pixel, row by row from the top.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    fn decode(bytes: &[u8]) -> Result<Self, String> {
        let (width, height, pixels) = match bytes {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', rest @ ..] => png(rest)?,
            [b'P', b'6', rest @ ..] => portable(rest, 3)?,
            [b'P', b'5', rest @ ..] => portable(rest, 1)?,
            [0xff, 0xd8, ..] => return Err("is a JPEG, which is not read here; save it as PNG".into()),
            _ => return Err("is neither PNG nor PPM, the formats that are read here".into()),
        };
        Self::from_rgb(width, height, pixels).map_err(|error| error.to_string())
    }
}

type Pixels = (usize, usize, Vec<u8>);

/// The size, if a picture may have it.
fn size(width: usize, height: usize) -> Result<(usize, usize), String> {
    match width.checked_mul(height) {
        Some(1..=MOST_PIXELS) => Ok((width, height)),
        _ => Err(format!("says it has {width} × {height} pixels; up to a hundred million are read")),
    }
}

/// PPM (`colours` = 3) and PGM (1): three numbers and the bytes.
fn portable(bytes: &[u8], colours: usize) -> Result<Pixels, String> {
    let mut at = 0;
    let mut number = || -> Result<usize, String> {
        loop {
            match bytes.get(at) {
                Some(b'#') => at += bytes[at..].iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len() - at),
                Some(byte) if byte.is_ascii_whitespace() => at += 1,
                _ => break,
            }
        }
        let digits = bytes.get(at..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_digit()).count();
        let text = std::str::from_utf8(&bytes[at..at + digits]).unwrap_or_default();
        at += digits;
        text.parse().map_err(|_| "its first lines do not say how large it is".to_owned())
    };
    let (width, height) = size(number()?, number()?)?;
    if number()? != 255 {
        return Err("has other than 255 steps a colour, which is not read here".into());
    }
    let data = bytes.get(at + 1..at + 1 + width * height * colours).ok_or("ends before its last pixel")?;
    let pixels = if colours == 3 { data.to_vec() } else { data.iter().flat_map(|grey| [*grey; 3]).collect() };
    Ok((width, height, pixels))
}

/// PNG after its signature: chunks of a length, a name, data and a checksum.
fn png(mut bytes: &[u8]) -> Result<Pixels, String> {
    let (mut header, mut palette, mut packed) = (None, Vec::new(), Vec::new());
    while let Some((length, name, rest)) = chunk(bytes) {
        let data = rest.get(..length).ok_or("ends in the middle of a part")?;
        match name {
            b"IHDR" => header = Some(Header::read(data)?),
            b"PLTE" => palette = data.to_vec(),
            b"IDAT" => packed.extend_from_slice(data),
            b"IEND" => break,
            _ => {}
        }
        bytes = rest.get(length + 4..).unwrap_or_default();
    }
    let header = header.ok_or("has no size in it")?;
    let row = header.width * header.channels;
    let expected = header.height * (row + 1);
    let mut plain = Vec::new();
    // One byte more than there may be, so that too much is noticed and no more is made.
    let mut reader = flate2::read::ZlibDecoder::new(packed.as_slice()).take(expected as u64 + 1);
    reader.read_to_end(&mut plain).map_err(|error| format!("is damaged: {error}"))?;
    if plain.len() != expected {
        return Err(format!("is damaged: it holds {} bytes of pixels, not {expected}", plain.len()));
    }
    let mut before = vec![0; row];
    let mut pixels = Vec::with_capacity(header.width * header.height * 3);
    for line in plain.chunks_exact_mut(row + 1) {
        let (filter, line) = line.split_first_mut().ok_or("is damaged")?;
        unfilter(*filter, line, &before, header.channels)?;
        for pixel in line.chunks_exact(header.channels) {
            pixels.extend(header.colour(pixel, &palette)?);
        }
        before.copy_from_slice(line);
    }
    Ok((header.width, header.height, pixels))
}

/// The length of the next chunk's data, its name, and what follows.
fn chunk(bytes: &[u8]) -> Option<(usize, &[u8; 4], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (name, rest) = rest.split_first_chunk::<4>()?;
    Some((u32::from_be_bytes(*length) as usize, name, rest))
}

/// What a PNG says of its pixels.
struct Header {
    width: usize,
    height: usize,
    /// Bytes of a pixel.
    channels: usize,
    kind: u8,
}

impl Header {
    fn read(data: &[u8]) -> Result<Self, String> {
        let [w0, w1, w2, w3, h0, h1, h2, h3, depth, kind, _, _, interlaced] = *data else {
            return Err("is damaged: its size is not one".into());
        };
        let number = |bytes| u32::from_be_bytes(bytes) as usize;
        let (width, height) = size(number([w0, w1, w2, w3]), number([h0, h1, h2, h3]))?;
        let channels = match kind {
            0 | 3 => 1,
            2 => 3,
            4 => 2,
            6 => 4,
            _ => return Err(format!("has the colours {kind}, which there are not in a PNG")),
        };
        if depth != 8 || interlaced != 0 {
            return Err("is interlaced or has other than eight bits a colour; save it as a plain PNG".into());
        }
        Ok(Self { width, height, channels, kind })
    }

    fn colour(&self, pixel: &[u8], palette: &[u8]) -> Result<[u8; 3], String> {
        match (self.kind, pixel) {
            (3, [place, ..]) => {
                let place = usize::from(*place) * 3;
                let colour = palette.get(place..place + 3).and_then(|colour| colour.try_into().ok());
                colour.ok_or_else(|| "is damaged: it names a colour that it does not have".into())
            }
            (_, [red, green, blue, ..]) => Ok([*red, *green, *blue]),
            (_, [grey, ..]) => Ok([*grey; 3]),
            _ => Err("is damaged".into()),
        }
    }
}

/// Takes back what was subtracted from a row before it was packed: the pixel to the left, the one above, or a mixture.
fn unfilter(filter: u8, line: &mut [u8], above: &[u8], channels: usize) -> Result<(), String> {
    for at in 0..line.len() {
        let left = if at >= channels { line[at - channels] } else { 0 };
        let corner = if at >= channels { above[at - channels] } else { 0 };
        let guess = match filter {
            0 => 0,
            1 => left,
            2 => above[at],
            3 => ((u16::from(left) + u16::from(above[at])) / 2) as u8,
            4 => paeth(left, above[at], corner),
            _ => return Err(format!("is damaged: it names the filter {filter}")),
        };
        line[at] = line[at].wrapping_add(guess);
    }
    Ok(())
}

/// Of the three neighbours the one nearest to left + above − corner.
fn paeth(left: u8, above: u8, corner: u8) -> u8 {
    let [a, b, c] = [left, above, corner].map(i16::from);
    let (to_left, to_above, to_corner) = ((b - c).abs(), (a - c).abs(), (a + b - 2 * c).abs());
    if to_left <= to_above && to_left <= to_corner {
        left
    } else if to_above <= to_corner {
        above
    } else {
        corner
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    /// A PNG of these rows, each with its filter first.
    fn written(kind: u8, width: u32, rows: &[&[u8]], palette: &[u8]) -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
        let mut add = |name: &[u8; 4], data: &[u8]| {
            bytes.extend((data.len() as u32).to_be_bytes());
            bytes.extend(name.iter().chain(data).chain(&[0; 4]));
        };
        let mut header = [width.to_be_bytes(), (rows.len() as u32).to_be_bytes()].concat();
        header.extend([8, kind, 0, 0, 0]);
        add(b"IHDR", &header);
        add(b"PLTE", palette);
        let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        packer.write_all(&rows.concat()).unwrap();
        add(b"IDAT", &packer.finish().unwrap());
        add(b"IEND", &[]);
        bytes
    }

    #[test]
    fn filters_of_a_png_are_taken_back() {
        let rows: [&[u8]; 5] = [
            &[0, 10, 20, 30, 40, 50, 60],
            &[1, 1, 2, 3, 10, 10, 10],
            &[2, 5, 5, 5, 5, 5, 5],
            &[3, 1, 1, 1, 1, 1, 1],
            &[4, 1, 1, 1, 1, 1, 1],
        ];
        let picture = Picture::decode(&written(2, 2, &rows, &[])).unwrap();
        assert_eq!((picture.width(), picture.height(), picture.name()), (2, 5, "2 × 5 pixels"));
        let expected: [[u8; 6]; 5] = [
            [10, 20, 30, 40, 50, 60],
            [1, 2, 3, 11, 12, 13],
            [6, 7, 8, 16, 17, 18],
            // Half of above; then half of left and above, rounded down.
            [4, 4, 5, 11, 11, 12],
            // Left is 5, 5, 6 and above 11, 11, 12, corner 4, 4, 5: nearest to 12, 12, 13 is above.
            [5, 5, 6, 12, 12, 13],
        ];
        assert_eq!(picture.pixels(), expected.concat());
    }

    #[test]
    fn grey_transparent_and_counted_colours_become_red_green_and_blue() {
        let palette = [1, 2, 3, 4, 5, 6];
        assert_eq!(Picture::decode(&written(3, 2, &[&[0, 1, 0]], &palette)).unwrap().pixels(), [4, 5, 6, 1, 2, 3]);
        assert_eq!(Picture::decode(&written(0, 2, &[&[0, 9, 8]], &[])).unwrap().pixels(), [9, 9, 9, 8, 8, 8]);
        assert_eq!(Picture::decode(&written(4, 1, &[&[0, 9, 255]], &[])).unwrap().pixels(), [9, 9, 9]);
        assert_eq!(Picture::decode(&written(6, 1, &[&[0, 9, 8, 7, 255]], &[])).unwrap().pixels(), [9, 8, 7]);
        assert_eq!(Picture::decode(b"P6 # made\n1 2\n255\nabcdef").unwrap().pixels(), b"abcdef");
        assert_eq!(Picture::decode(b"P5 2 1 255 ab").unwrap().pixels(), b"aaabbb");
    }

    #[test]
    fn what_is_no_picture_says_why() {
        let error = |bytes: &[u8]| Picture::decode(bytes).unwrap_err();
        assert!(error(&[0xff, 0xd8, 0xff]).contains("save it as PNG"));
        assert!(error(b"GIF89a").contains("neither PNG nor PPM"));
        assert!(error(b"P6 9 9 255 abc").contains("ends before its last pixel"));
        assert!(error(b"P6 99999999 99999999 255 ").contains("a hundred million"));
        assert!(error(b"P6 x").contains("how large it is"));
        let png = written(2, 2, &[&[0, 1, 2, 3, 4, 5, 6]], &[]);
        assert!(error(&png[..60]).contains("middle of a part"));
        assert!(error(&written(2, 3, &[&[0, 1, 2, 3, 4, 5, 6]], &[])).contains("holds 7 bytes of pixels, not 10"));
        assert!(error(&written(3, 1, &[&[0, 7]], &[1, 2, 3])).contains("a colour that it does not have"));
        assert!(error(&written(0, 1, &[&[9, 7]], &[])).contains("filter 9"));
        assert!(Picture::from_rgb(2, 2, [0; 11]).unwrap_err().to_string().contains("11 bytes"));
    }
}
