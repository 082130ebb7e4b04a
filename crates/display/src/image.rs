//! Pictures that exist already, as bytes or as files.

use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use course_wire::{Bundle, html, size};

use crate::{Error, Result, Rich};

/// A picture: PNG, JPEG, GIF, WebP or SVG.
///
/// ```no_run
/// use course_display::{Image, display};
///
/// display(&Image::open("figures/attention.png")?.width(480));
/// # Ok::<(), course_display::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    bytes: Vec<u8>,
    format: Format,
    width: Option<u32>,
    height: Option<u32>,
    alternative: Option<String>,
}

/// The bytes of a PNG picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Png(pub Vec<u8>);

/// The bytes of a JPEG picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jpeg(pub Vec<u8>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Png,
    Jpeg,
    Gif,
    WebP,
    Svg,
}

impl Image {
    /// A picture from the bytes of its file; their beginning tells the format.
    ///
    /// # Errors
    /// [`Error::Picture`] when they are no picture that a page can show.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self> {
        let bytes = bytes.into();
        let format = Format::of(&bytes).ok_or_else(|| Error::Picture(what_it_is(&bytes)))?;
        Ok(Self { bytes, format, width: None, height: None, alternative: None })
    }

    /// A picture from a file.
    ///
    /// # Errors
    /// [`Error::File`] when it cannot be read, [`Error::Picture`] when it is no picture.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::new(read(path.as_ref())?)
    }

    /// Shows it `pixels` wide; without a height, that follows.
    #[must_use]
    pub fn width(mut self, pixels: u32) -> Self {
        self.width = Some(pixels.max(1));
        self
    }

    /// Shows it `pixels` high; without a width, that follows.
    #[must_use]
    pub fn height(mut self, pixels: u32) -> Self {
        self.height = Some(pixels.max(1));
        self
    }

    /// Says in words what it shows, for those who do not see it.
    #[must_use]
    pub fn alternative(mut self, text: impl Into<String>) -> Self {
        self.alternative = Some(text.into());
        self
    }

    /// Its own width and height in pixels, where its first bytes say them.
    pub fn size(&self) -> Option<(u32, u32)> {
        self.format.size(&self.bytes)
    }

    fn describe(&self) -> String {
        if let Some(text) = &self.alternative {
            return text.clone();
        }
        let bytes = size::text(self.bytes.len() as u64);
        match self.size() {
            Some((width, height)) => format!("<{} picture, {width} × {height} pixels, {bytes}>", self.format.name()),
            None => format!("<{} picture, {bytes}>", self.format.name()),
        }
    }
}

impl Rich for Image {
    fn rich(&self) -> Bundle {
        let mime = self.format.mime();
        let mut bundle = Bundle::text(self.describe());
        match self.format {
            Format::Svg => bundle.insert(mime, String::from_utf8_lossy(&self.bytes)),
            _ => bundle.insert(mime, BASE64_STANDARD.encode(&self.bytes)),
        }
        let (width, height) = match (self.width, self.height, self.size()) {
            // Some front ends stretch a picture of which only one side is told.
            (Some(width), None, Some((w, h))) => (Some(width), Some(scale(h, width, w))),
            (None, Some(height), Some((w, h))) => (Some(scale(w, height, h)), Some(height)),
            (width, height, _) => (width, height),
        };
        for (name, pixels) in [("width", width), ("height", height)] {
            if let Some(pixels) = pixels {
                bundle = bundle.hint(mime, name, pixels);
            }
        }
        if let Some(text) = &self.alternative {
            bundle = bundle.hint(mime, "alt", text.as_str());
        }
        bundle
    }
}

fn scale(side: u32, to: u32, from: u32) -> u32 {
    let scaled = f64::from(side) * f64::from(to) / f64::from(from.max(1));
    (scaled.round() as u32).max(1)
}

macro_rules! bytes_of {
    ($($name:ident: $format:expr),*) => {$(
        impl Rich for $name {
            fn rich(&self) -> Bundle {
                let image = Image { bytes: self.0.clone(), format: $format, width: None, height: None, alternative: None };
                image.rich()
            }
        }
    )*};
}
bytes_of!(Png: Format::Png, Jpeg: Format::Jpeg);

impl Format {
    fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x89, b'P', b'N', b'G', ..] => Some(Self::Png),
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [b'G', b'I', b'F', b'8', ..] => Some(Self::Gif),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::WebP),
            // An SVG may begin with a declaration, a doctype and comments.
            _ if bytes[..bytes.len().min(4096)].windows(4).any(|window| window == b"<svg") => Some(Self::Svg),
            _ => None,
        }
    }

    fn mime(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Gif => "image/gif",
            Self::WebP => "image/webp",
            Self::Svg => "image/svg+xml",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Png => "PNG",
            Self::Jpeg => "JPEG",
            Self::Gif => "GIF",
            Self::WebP => "WebP",
            Self::Svg => "SVG",
        }
    }

    /// Width and height, as the format's header has them.
    fn size(self, bytes: &[u8]) -> Option<(u32, u32)> {
        let big = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
        let little = |at: usize| Some(u32::from(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?)));
        match self {
            Self::Png => Some((big(16)?, big(20)?)),
            Self::Gif => Some((little(6)?, little(8)?)),
            Self::Jpeg => jpeg_size(bytes),
            Self::WebP | Self::Svg => None,
        }
    }
}

/// Goes from segment to segment until the one that begins the picture, which has its size.
fn jpeg_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let word = |at: usize| Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
    let mut at = 2;
    loop {
        let (0xff, kind) = (*bytes.get(at)?, *bytes.get(at + 1)?) else { return None };
        match kind {
            0xff => at += 1,
            // Markers without a length.
            0x01 | 0xd0..=0xd8 => at += 2,
            // Frame headers of every coding; the three in between are tables.
            0xc0..=0xcf if !matches!(kind, 0xc4 | 0xc8 | 0xcc) => {
                return Some((u32::from(word(at + 7)?), u32::from(word(at + 5)?)));
            }
            0xd9 | 0xda => return None,
            _ => at += 2 + usize::from(word(at + 2)?.max(2)),
        }
    }
}

/// What bytes that are no picture seem to be.
fn what_it_is(bytes: &[u8]) -> String {
    let start = &bytes[..bytes.len().min(60)];
    match std::str::from_utf8(start).ok().map(|text| html::plain_text(text).chars().take(40).collect::<String>()) {
        _ if bytes.is_empty() => "there are no bytes".into(),
        Some(text) if text.contains(char::is_alphanumeric) => {
            format!("it begins with the text \"{}\"", text.escape_debug())
        }
        _ => format!("it begins with the bytes {:02x?}", &start[..start.len().min(8)]),
    }
}

/// A file's bytes, or an error with its path.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|source| Error::File { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// One red pixel.
    const PNG: &str =
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";

    fn png() -> Vec<u8> {
        BASE64_STANDARD.decode(PNG).unwrap()
    }

    /// Headers alone: what a size is read from.
    const JPEG: &[u8] = &[
        0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xff, 0xdb, 0, 3, 9, 0xff, 0xc2, 0, 11, 8, 0, 200, 1, 64, 3, 0, 0, 0,
    ];

    #[test]
    fn the_first_bytes_tell_format_and_size() {
        for (bytes, mime, text) in [
            (png(), "image/png", "<PNG picture, 1 × 1 pixels, 70 B>"),
            (JPEG.to_vec(), "image/jpeg", "<JPEG picture, 320 × 200 pixels, 27 B>"),
            (b"GIF89a\x40\x01\xc8\x00".to_vec(), "image/gif", "<GIF picture, 320 × 200 pixels, 10 B>"),
            (b"RIFF\0\0\0\0WEBPVP8 ".to_vec(), "image/webp", "<WebP picture, 16 B>"),
            (b"<?xml version='1.0'?><svg/>".to_vec(), "image/svg+xml", "<SVG picture, 27 B>"),
        ] {
            let bundle = Image::new(bytes).unwrap().rich();
            assert!(bundle.data.contains_key(mime), "{bundle:?}");
            assert_eq!(bundle.plain(), text);
            assert!(bundle.metadata.is_empty());
        }
        assert_eq!(Png(png()).rich().data["image/png"], PNG);
        assert!(Jpeg(vec![1]).rich().data.contains_key("image/jpeg"));
    }

    #[test]
    fn a_cut_file_has_no_size_and_does_no_harm() {
        for length in 3..JPEG.len() {
            let image = Image::new(&JPEG[..length]).unwrap();
            assert!(image.size().is_none() || length >= 23, "{length}");
        }
        for length in 4..png().len() {
            let _ = Image::new(&png()[..length]).unwrap().rich();
        }
    }

    #[test]
    fn the_other_side_follows_the_one_that_is_given() {
        let metadata = |image: Image| Value::Object(image.rich().metadata);
        let jpeg = Image::new(JPEG).unwrap();
        assert_eq!(metadata(jpeg.clone().width(160)), json!({ "image/jpeg": { "width": 160, "height": 100 } }));
        assert_eq!(metadata(jpeg.clone().height(50)), json!({ "image/jpeg": { "width": 80, "height": 50 } }));
        let both = jpeg.width(7).height(9).alternative("a cat");
        assert_eq!(metadata(both), json!({ "image/jpeg": { "width": 7, "height": 9, "alt": "a cat" } }));
    }

    #[test]
    fn what_is_no_picture_is_told() {
        let error = |bytes: &[u8]| Image::new(bytes).unwrap_err().to_string();
        assert!(error(b"<!doctype html>not found").contains("\"not found\""), "{}", error(b"<!doctype html>not found"));
        assert!(error(&[0, 1, 2]).contains("[00, 01, 02]"), "{}", error(&[0, 1, 2]));
        assert!(error(&[]).contains("no bytes"));
        let missing = Image::open("no/such/picture.png").unwrap_err().to_string();
        assert!(missing.contains("no/such/picture.png"), "{missing}");
    }
}
