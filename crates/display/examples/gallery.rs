//! Every kind of output on one page, light and dark side by side: `cargo run --release -p course-display --example gallery > page.html`.

use candle_core::{Device, Tensor};
use course_display::{Bundle, Figure, Rich, Table, Tokens, bar_chart, escape, heatmap, line_chart};
use plotters::prelude::*;

#[derive(serde::Serialize)]
struct Run {
    model: &'static str,
    parameters: u64,
    accuracy: Option<f32>,
    loss: f64,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runs = [
        Run { model: "SmolLM2-135M", parameters: 134_515_008, accuracy: Some(0.41), loss: 2.0123456 },
        Run { model: "all-MiniLM-L6-v2 <fine-tuned>", parameters: 22_713_216, accuracy: None, loss: f64::NAN },
    ];
    let grid = Tensor::randn(0f32, 1.0, (3, 20, 12), &Device::Cpu)?;
    let words = ["[CLS]", "how", " do", " you", " cut", " a", "\n", " text", "?", "[SEP]"];
    let tokens = words.iter().enumerate().map(|(id, &word)| (word, 1000 + id as u32, word.starts_with('[')));
    let losses: Vec<f64> = (0..60).map(|step| 3.0 * (-f64::from(step) / 15.0).exp() + 0.5).collect();
    let slower: Vec<f64> = (0..60).map(|step| 3.0 * (-f64::from(step) / 30.0).exp() + 0.8).collect();
    let sentences = ["The cat sits outside", "A feline rests in the garden", "Stocks fell on Monday"];
    let own = Figure::new((320, 120), |root| {
        root.draw(&Text::new("plotters, black text", (10, 10), ("sans-serif", 16).into_font()))?;
        root.draw(&Circle::new((260, 70), 36, Figure::series(2).filled()))?;
        Ok(())
    })?;
    let bundles = [
        Table::of(&runs)?.caption("Runs").rich(),
        grid.rich(),
        Tokens::new(tokens).rich(),
        bar_chart(&[" Paris", " a", " the", " located"], &[0.41, 0.12, 0.07, 0.031])?.rich(),
        bar_chart(&["up", "down"], &[0.4, -0.2])?.rich(),
        line_chart(&[("training", losses), ("validation", slower)])?.rich(),
        heatmap(&[[1.0, 0.64, 0.02], [0.64, 1.0, 0.05], [0.02, 0.05, 1.0]], &sentences, &sentences)?.rich(),
        own.rich(),
    ];
    println!("<!doctype html><meta charset=utf-8><body style=\"margin:0;display:flex\">");
    // JupyterLab's two pages: ground, text.
    for (scheme, ground, ink) in [("light", "#ffffff", "rgba(0,0,0,.87)"), ("dark", "#111111", "rgba(255,255,255,.87)")]
    {
        println!(
            "<div style=\"flex:1;padding:16px;font:13px sans-serif;color-scheme:{scheme};background:{ground};color:{ink}\">"
        );
        for bundle in &bundles {
            println!("<div style=\"margin-bottom:18px\">{}</div>", shown(bundle));
        }
        println!("</div>");
    }
    Ok(())
}

/// What a front end makes of a bundle: an SVG becomes an image, as in JupyterLab.
fn shown(bundle: &Bundle) -> String {
    let text = |mime: &str| bundle.data.get(mime).and_then(|content| content.as_str());
    match (text("text/html"), text("image/svg+xml")) {
        (Some(html), _) => html.to_owned(),
        (None, Some(svg)) => {
            let url: String = svg.bytes().map(|byte| format!("%{byte:02x}")).collect();
            format!("<img style=\"max-width:100%\" src=\"data:image/svg+xml,{url}\">")
        }
        _ => format!("<pre>{}</pre>", escape(bundle.plain())),
    }
}
