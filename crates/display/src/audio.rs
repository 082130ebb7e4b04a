//! Sound that can be played in the page.

use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use course_wire::{Bundle, size};

use crate::image::read;
use crate::number::grouped;
use crate::{Error, Result, Rich, escape};

/// A sound with buttons to play it.
///
/// ```
/// use course_display::{Audio, Rich};
///
/// let rate = 16_000;
/// let tone: Vec<f32> = (0..rate).map(|n| 0.3 * (n as f32 / rate as f32 * 440.0 * std::f32::consts::TAU).sin()).collect();
/// assert_eq!(Audio::new(&tone, rate)?.rich().plain(), "<sound, 1.0 s, 16,000 Hz>");
/// # Ok::<(), course_display::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audio {
    bytes: Vec<u8>,
    mime: &'static str,
    text: String,
    autoplay: bool,
}

impl Audio {
    /// One channel of samples between −1 and 1, `sample_rate` of them a second.
    ///
    /// Where samples go beyond, all are made quieter until they do not; what is not finite is silence.
    ///
    /// # Errors
    /// [`Error::Sound`] when there is no sample, or the rate is not between 1 and 768,000.
    pub fn new(samples: &[f32], sample_rate: u32) -> Result<Self> {
        Self::channels(&[samples], sample_rate)
    }

    /// Several channels, such as left and right, of the same length.
    ///
    /// # Errors
    /// [`Error::Sound`] as for [`Audio::new`], and [`Error::Lengths`] when one channel is shorter than the first.
    pub fn channels(channels: &[&[f32]], sample_rate: u32) -> Result<Self> {
        let Some(first) = channels.first().filter(|first| !first.is_empty()) else {
            return Err(Error::Sound("there are no samples".into()));
        };
        if channels.len() > 8 {
            return Err(Error::Sound(format!("{} channels are more than 8", channels.len())));
        }
        if !(1..=768_000).contains(&sample_rate) {
            return Err(Error::Sound(format!("a rate of {sample_rate} samples a second is not between 1 and 768,000")));
        }
        if let Some(other) = channels.iter().find(|channel| channel.len() != first.len()) {
            return Err(Error::Lengths { what: "samples of two channels", left: first.len(), right: other.len() });
        }
        let seconds = first.len() as f64 / f64::from(sample_rate);
        let several = if channels.len() > 1 { format!(", {} channels", channels.len()) } else { String::new() };
        let text = format!("<sound, {seconds:.1} s, {} Hz{several}>", grouped(u64::from(sample_rate)));
        Ok(Self { bytes: wav(channels, first.len(), sample_rate)?, mime: "audio/wav", text, autoplay: false })
    }

    /// The bytes of a sound file: WAV, MP3, Ogg, FLAC, or MP4.
    ///
    /// # Errors
    /// [`Error::Sound`] when their beginning is that of none of these.
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Result<Self> {
        let bytes = bytes.into();
        let (mime, name) = match bytes.as_slice() {
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..] => ("audio/wav", "WAV"),
            [b'I', b'D', b'3', ..] | [0xff, 0xe2..=0xff, ..] => ("audio/mpeg", "MP3"),
            [b'O', b'g', b'g', b'S', ..] => ("audio/ogg", "Ogg"),
            [b'f', b'L', b'a', b'C', ..] => ("audio/flac", "FLAC"),
            [_, _, _, _, b'f', b't', b'y', b'p', ..] => ("audio/mp4", "MP4"),
            _ => return Err(Error::Sound("it is neither WAV nor MP3, Ogg, FLAC or MP4".into())),
        };
        let text = format!("<sound, {name}, {}>", size::text(bytes.len() as u64));
        Ok(Self { bytes, mime, text, autoplay: false })
    }

    /// A sound file.
    ///
    /// # Errors
    /// [`Error::File`] when it cannot be read, [`Error::Sound`] when it is no sound that a page can play.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::from_bytes(read(path.as_ref())?)
    }

    /// Plays it as soon as it is shown, where the browser lets it.
    #[must_use]
    pub fn autoplay(mut self) -> Self {
        self.autoplay = true;
        self
    }

    /// The sound file's bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl Rich for Audio {
    fn rich(&self) -> Bundle {
        let label = self.text.trim_matches(['<', '>']);
        let html = format!(
            "<audio controls preload=\"auto\"{} aria-label=\"{}\" src=\"data:{};base64,{}\">{}</audio>",
            if self.autoplay { " autoplay" } else { "" },
            escape(label),
            self.mime,
            BASE64_STANDARD.encode(&self.bytes),
            escape(label),
        );
        Bundle::html(html, self.text.as_str())
    }
}

/// A WAV file of 16 bits a sample.
fn wav(channels: &[&[f32]], length: usize, sample_rate: u32) -> Result<Vec<u8>> {
    let count = channels.len() as u16;
    let too_long = || Error::Sound("it is longer than a WAV file can be, 4 GB".into());
    let data =
        length.checked_mul(2 * channels.len()).and_then(|bytes| u32::try_from(bytes).ok()).ok_or_else(too_long)?;
    let riff = data.checked_add(36).ok_or_else(too_long)?;
    let loudest = channels.iter().flat_map(|channel| channel.iter()).filter(|sample| sample.is_finite());
    let scale = 32767.0 / loudest.fold(1f32, |loudest, sample| loudest.max(sample.abs()));
    let mut bytes = Vec::with_capacity(44 + data as usize);
    bytes.extend_from_slice(b"RIFF");
    bytes.extend_from_slice(&riff.to_le_bytes());
    bytes.extend_from_slice(b"WAVEfmt ");
    bytes.extend_from_slice(&16u32.to_le_bytes());
    bytes.extend_from_slice(&1u16.to_le_bytes());
    bytes.extend_from_slice(&count.to_le_bytes());
    bytes.extend_from_slice(&sample_rate.to_le_bytes());
    bytes.extend_from_slice(&(sample_rate * 2 * u32::from(count)).to_le_bytes());
    bytes.extend_from_slice(&(2 * count).to_le_bytes());
    bytes.extend_from_slice(&16u16.to_le_bytes());
    bytes.extend_from_slice(b"data");
    bytes.extend_from_slice(&data.to_le_bytes());
    for index in 0..length {
        for channel in channels {
            let sample = if channel[index].is_finite() { channel[index] * scale } else { 0.0 };
            bytes.extend_from_slice(&(sample.round() as i16).to_le_bytes());
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(audio: &Audio) -> Vec<i16> {
        audio.bytes()[44..].chunks(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect()
    }

    #[test]
    fn samples_become_a_wav_file() {
        let audio = Audio::new(&[0.0, 0.5, -1.0, f32::NAN], 8000).unwrap();
        assert_eq!(samples(&audio), [0, 16384, -32767, 0]);
        assert_eq!(&audio.bytes()[..4], b"RIFF");
        assert_eq!(audio.bytes()[4..8], (36u32 + 8).to_le_bytes());
        assert_eq!(audio.bytes()[24..28], 8000u32.to_le_bytes());
        assert_eq!(Audio::from_bytes(audio.bytes()).unwrap().rich().plain(), "<sound, WAV, 52 B>");
        let html = audio.autoplay().rich().data["text/html"].as_str().unwrap().to_owned();
        assert!(
            html.starts_with("<audio controls")
                && html.contains(" autoplay ")
                && html.contains("src=\"data:audio/wav;base64,UklGR"),
            "{html}"
        );
    }

    #[test]
    fn too_loud_samples_are_made_quieter_together_and_channels_take_turns() {
        assert_eq!(samples(&Audio::new(&[2.0, -1.0, f32::INFINITY], 10).unwrap()), [32767, -16384, 0]);
        let stereo = Audio::channels(&[&[1.0, 0.0], &[-1.0, 0.5]], 10).unwrap();
        assert_eq!(samples(&stereo), [32767, -32767, 0, 16384]);
        assert_eq!(stereo.rich().plain(), "<sound, 0.2 s, 10 Hz, 2 channels>");
    }

    #[test]
    fn what_cannot_be_played_is_told() {
        for (made, say) in [
            (Audio::new(&[], 8000), "no samples"),
            (Audio::new(&[0.0], 0), "rate of 0"),
            (Audio::channels(&[&[0.0], &[]], 8000), "1 against 0"),
            (Audio::from_bytes("text"), "neither WAV"),
            (Audio::open("no/such.wav"), "no/such.wav"),
        ] {
            let error = made.unwrap_err().to_string();
            assert!(error.contains(say), "{error}");
        }
    }
}
