//! Framing: a little-endian `u32` length, then that many bytes of JSON.

use std::io::{self, Read, Write};

use serde::{Serialize, de::DeserializeOwned};

/// The longest frame that is read, in bytes: a corrupt length must not ask for all memory.
pub const MAX_FRAME: usize = 256 << 20;

/// Writes one message as one frame.
///
/// # Errors
/// When the message does not serialize, is longer than [`MAX_FRAME`], or the writer fails.
pub fn write<T: Serialize>(writer: &mut impl Write, message: &T) -> io::Result<()> {
    let body = serde_json::to_vec(message)?;
    if body.len() > MAX_FRAME {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("a message of {} bytes is too long", body.len()),
        ));
    }
    let mut frame = Vec::with_capacity(body.len() + 4);
    frame.extend_from_slice(&(body.len() as u32).to_le_bytes());
    frame.extend_from_slice(&body);
    writer.write_all(&frame)?;
    writer.flush()
}

/// Reads one message; `None` when the other side has closed between two frames.
///
/// # Errors
/// When the reader fails, the stream ends inside a frame, or the bytes are not this message.
pub fn read<T: DeserializeOwned>(reader: &mut impl Read) -> io::Result<Option<T>> {
    let mut length = [0; 4];
    let mut got = 0;
    while got < length.len() {
        match reader.read(&mut length[got..]) {
            Ok(0) if got == 0 => return Ok(None),
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(n) => got += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let length = u32::from_le_bytes(length) as usize;
    if length > MAX_FRAME {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("a frame claims {length} bytes")));
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some(serde_json::from_slice(&body)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ToChild;

    #[test]
    fn messages_come_back_whole_and_the_end_is_none() {
        let mut bytes = Vec::new();
        let first = ToChild::Drained { sequence: 7 };
        let second = ToChild::Forget { names: vec!["größe".into()] };
        write(&mut bytes, &first).unwrap();
        write(&mut bytes, &second).unwrap();
        let mut reader = bytes.as_slice();
        assert_eq!(read(&mut reader).unwrap(), Some(first));
        assert_eq!(read(&mut reader).unwrap(), Some(second));
        assert_eq!(read::<ToChild>(&mut reader).unwrap(), None);
    }

    #[test]
    fn a_cut_or_corrupt_frame_is_an_error() {
        let mut bytes = Vec::new();
        write(&mut bytes, &ToChild::Interrupt).unwrap();
        assert!(read::<ToChild>(&mut &bytes[..bytes.len() - 1]).is_err());
        assert!(read::<ToChild>(&mut &bytes[..2]).is_err());
        assert!(read::<ToChild>(&mut &[0xff, 0xff, 0xff, 0xff][..]).is_err());
    }
}
