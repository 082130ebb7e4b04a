"""What a cell can show: pictures, sound, formulas, trees, charts that grow, bars; each with the text that stands in for it."""

import base64
import io
import struct
import wave
import zlib

import pytest


def png(width=2, height=1):
    """A small red PNG picture."""
    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    rows = (b"\0" + b"\xff\0\0" * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def displayed(ran):
    """The whole content of the one display."""
    (content,) = ran.of("display_data")
    assert "text/plain" in content["data"]
    return content


@pytest.mark.parametrize(("code", "mime", "start"), [
    ('display(&Html::new("<b>x</b>"));', "text/html", "<b>x</b>"),
    ('display(&Markdown::new("**x**"));', "text/markdown", "**x**"),
    ('display(&Latex::new("for $x$"));', "text/latex", "for $x$"),
    ('display(&Math::new("x^2"));', "text/latex", r"$\displaystyle x^2$"),
    ('display(&Svg::new("<svg xmlns=\'http://www.w3.org/2000/svg\'/>"));', "image/svg+xml", "<svg"),
    ('display(&Json::of(&[1, 2])?);', "application/json", [1, 2]),
    ('display(&line_chart(&[("loss", [2.0, 1.0])])?);', "image/svg+xml", "<svg"),
])
def test_each_kind_comes_under_its_type(shared_kernel, code, mime, start):
    content = displayed(shared_kernel.ok(code))
    shown = content["data"][mime]
    assert shown.startswith(start) if isinstance(shown, str) else shown == start


def test_a_picture_file_is_shown_with_its_size(shared_kernel, tmp_path):
    path = tmp_path / "red.png"
    path.write_bytes(png(4, 2))
    content = displayed(shared_kernel.ok(f'display(&Image::open("{path}")?.width(40));'))
    assert base64.b64decode(content["data"]["image/png"]) == path.read_bytes()
    assert content["metadata"] == {"image/png": {"width": 40, "height": 20}}
    assert content["data"]["text/plain"].startswith("<PNG picture, 4 × 2 pixels")
    assert shared_kernel.ok(f'Image::new(std::fs::read("{path}")?)?').result["image/png"]


def test_a_picture_that_is_none_is_told(shared_kernel, tmp_path):
    (tmp_path / "page.png").write_text("<html>404 not found</html>")
    for path, say in [(tmp_path / "page.png", "404 not found"), (tmp_path / "none.png", "none.png")]:
        assert say in shared_kernel.run(f'Image::open("{path}")?').error["evalue"]


def test_json_can_be_shown_open(shared_kernel):
    content = displayed(shared_kernel.ok('display(&Json::of(&vec![1])?.expanded());'))
    assert content["metadata"] == {"application/json": {"expanded": True}}


def test_a_bundle_of_ones_own_keeps_types_and_hints(shared_kernel):
    content = displayed(shared_kernel.ok("""
        let mut bundle = Bundle::html("<i>rich</i>", "plain");
        bundle.insert("application/vnd.course+json", course::serde_json::json!({ "a": 1 }));
        display(&bundle.hint("text/html", "isolated", true));
    """))
    assert content["data"] == {"text/plain": "plain", "text/html": "<i>rich</i>", "application/vnd.course+json": {"a": 1}}
    assert content["metadata"] == {"text/html": {"isolated": True}}


def test_sound_is_a_wav_file_with_buttons(shared_kernel):
    content = displayed(shared_kernel.ok("display(&Audio::new(&[0.0, 0.5, -0.5, 1.0], 8000)?);"))
    html = content["data"]["text/html"]
    assert html.startswith("<audio controls")
    data = base64.b64decode(html.split("data:audio/wav;base64,")[1].split('"')[0])
    with wave.open(io.BytesIO(data)) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getnframes()) == (8000, 1, 4)
        assert struct.unpack("<4h", sound.readframes(4)) == (0, 16384, -16384, 32767)
    assert "no samples" in shared_kernel.run("Audio::new(&[], 8000)?").error["evalue"]


def test_a_picture_of_fifty_megabytes_is_told_instead_of_sent(shared_kernel):
    ran = shared_kernel.ok("""
        let mut picture = vec![0x89, b'P', b'N', b'G'];
        picture.resize(50_000_000, 7);
        display(&Image::new(picture)?);
    """)
    data = displayed(ran)["data"]
    assert "image/png" not in data
    assert "66.7 MB" in data["text/plain"] and ":output" in data["text/plain"] and "<PNG picture" in data["text/plain"]
    assert sum(len(str(message["content"])) for message in ran.messages) < 20_000


def test_a_live_curve_grows_in_one_place_and_its_end_is_there_when_the_cell_is_over(shared_kernel):
    ran = shared_kernel.ok("""
        let curve = LiveCurve::new("loss");
        for step in 0..50_000 {
            curve.push("training", step, if step == 7 { f32::NAN } else { 1.0 / (step + 1) as f32 })?;
        }
        curve.push("validation", 50_000, 0.25)?;
    """)
    content = displayed(ran)
    updates = ran.of("update_display_data")
    assert updates and all(update["transient"] == content["transient"] for update in updates)
    last = updates[-1]["data"]
    assert "validation" in last["text/plain"] and "NaN at step 7" in last["text/plain"]
    svg = last["image/svg+xml"]
    assert "<title>loss by step</title>" in svg and "\nstep\n" in svg and "\nloss\n" in svg and len(svg) < 200_000


def test_epochs_and_their_steps_are_one_output(shared_kernel):
    ran = shared_kernel.ok("""
        for _ in progress(0..50, "epochs") { for _ in progress(0..200, "steps") {} }
    """)
    first = displayed(ran)
    updates = ran.of("update_display_data")
    assert all(update["transient"] == first["transient"] for update in updates)
    lines = updates[-1]["data"]["text/plain"].splitlines()
    assert len(lines) == 2 and "50 of 50" in lines[0] and "200 of 200" in lines[1]


def test_bars_of_indicatif_are_one_output(shared_kernel):
    ran = shared_kernel.ok("""
        use course::indicatif::{MultiProgress, ProgressBar, ProgressStyle};
        let bars = MultiProgress::with_draw_target(course::display::indicatif_target());
        let style = ProgressStyle::with_template("{pos} of {len}")?;
        let made: Vec<ProgressBar> = (0..3).map(|_| bars.add(ProgressBar::new(2000)).with_style(style.clone())).collect();
        for _ in 0..2000 { for bar in &made { bar.inc(1); } }
        for bar in &made { bar.abandon(); }
    """)
    displayed(ran)
    last = (ran.of("update_display_data") or ran.of("display_data"))[-1]
    assert last["data"]["text/plain"] == "2000 of 2000\n" * 2 + "2000 of 2000"


def test_a_handle_made_in_one_cell_is_updated_from_another(shared_kernel):
    made = displayed(shared_kernel.ok('let place = display_handle(&Markdown::new("a"));'))
    ran = shared_kernel.ok('place.update(&Markdown::new("b")); place.id()')
    (update,) = ran.of("update_display_data")
    assert update["transient"] == made["transient"] == {"display_id": ran.text}
    assert update["data"]["text/markdown"] == "b" and not ran.displays
