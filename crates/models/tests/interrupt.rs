//! The interrupt flag belongs to the whole process, so this test has one of its own.

use std::ops::ControlFlow;

use candle_core::{Device, Tensor};
use course_models::{CausalLm, Error, ForwardOptions, GenerationConfig, Llama, SentenceTransformer, generate_with};
use course_wire::interrupt;

#[test]
fn an_interrupt_ends_the_work_and_leaves_the_cache_whole() {
    let model = Llama::from_pretrained("HuggingFaceTB/SmolLM2-135M-Instruct").unwrap();
    let config = GenerationConfig::new().max_new_tokens(50).eos_token_ids([]);
    let mut tokens = 0;
    let stopped = generate_with(&model, &[[504, 713]], &config, None, |_| {
        tokens += 1;
        if tokens == 3 {
            interrupt::request();
        }
        ControlFlow::Continue(())
    });
    assert!(matches!(stopped, Err(Error::Interrupted(_))), "{stopped:?}");
    assert_eq!(tokens, 3);

    // The flag is still up: a forward pass stops too, and its cache is as it was.
    let ids = Tensor::new(&[[504_u32, 713]], &Device::Cpu).unwrap();
    let mut cache = model.new_cache();
    let stopped = model.forward_with(&ids, ForwardOptions::new().cache(&mut cache));
    assert!(matches!(stopped, Err(Error::Interrupted(_))));
    assert!(cache.is_empty());
    let sentences = SentenceTransformer::from_pretrained("sentence-transformers/all-MiniLM-L6-v2").unwrap();
    assert!(matches!(sentences.encode(&["never"]), Err(Error::Interrupted(_))));

    interrupt::clear();
    let logits = model.forward_with(&ids, ForwardOptions::new().cache(&mut cache)).unwrap();
    let without = model.forward(&ids).unwrap();
    let difference = (logits - without).unwrap().abs().unwrap().max_all().unwrap().to_scalar::<f32>().unwrap();
    assert_eq!(difference, 0.0);
    assert_eq!(cache.len(), 2);
}
