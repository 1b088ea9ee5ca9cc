//! Pictures one after the other as an animated GIF, which plays for ever.

use gif::{Encoder, Frame, Repeat};
use wasm_bindgen::prelude::*;

use super::told;

/// Of 1 to 30: the higher, the quicker the palette of a picture is found. Pages have few colours.
const HASTE: i32 = 10;

/// A film in the making.
#[wasm_bindgen]
pub struct Gif {
    width: u16,
    height: u16,
    encoder: Encoder<Vec<u8>>,
}

#[wasm_bindgen]
impl Gif {
    /// An empty film of so many pixels, at most 65535 a side.
    #[wasm_bindgen(constructor)]
    pub fn new(width: u16, height: u16) -> Result<Gif, JsError> {
        let mut encoder = Encoder::new(vec![], width, height, &[]).map_err(told)?;
        encoder.set_repeat(Repeat::Infinite).map_err(told)?;
        Ok(Self { width, height, encoder })
    }

    /// The next picture, `[height, width, 4]` bytes of red, green, blue and opacity, and for how long it is shown.
    pub fn add(&mut self, mut rgba: Vec<u8>, milliseconds: u32) -> Result<(), JsError> {
        let wanted = usize::from(self.width) * usize::from(self.height) * 4;
        if rgba.len() != wanted {
            return Err(JsError::new(&format!("a picture of {} bytes; it must have {wanted}", rgba.len())));
        }
        let mut frame = Frame::from_rgba_speed(self.width, self.height, &mut rgba, HASTE);
        frame.delay = u16::try_from(milliseconds / 10).unwrap_or(u16::MAX); // hundredths of a second
        self.encoder.write_frame(&frame).map_err(told)
    }

    /// The file.
    pub fn finish(self) -> Result<Vec<u8>, JsError> {
        self.encoder.into_inner().map_err(told)
    }
}
