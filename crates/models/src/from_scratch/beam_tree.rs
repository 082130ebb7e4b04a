//! The tree that a beam search looked at: what was kept, what was dropped, and what came out.

use course_display::{Bundle, Rich, TreeNode, tree_figure};
use course_tokenization::Tokenizer;

use crate::Result;

/// Everything that a beam search considered; shows itself as a tree with the best text marked.
#[derive(Debug, Clone, PartialEq)]
pub struct BeamTree {
    /// The tokens that were considered; a node stands after its parent.
    pub nodes: Vec<BeamNode>,
    /// The texts that were finished, the best score first.
    pub hypotheses: Vec<Hypothesis>,
    prompt: Vec<u32>,
    /// How the prompt and each node read, where a tokenizer said it.
    labels: Option<(String, Vec<String>)>,
}

/// One token that was considered.
#[derive(Debug, Clone, PartialEq)]
pub struct BeamNode {
    /// The node of the token before it; none right after the prompt.
    pub parent: Option<usize>,
    /// Its id.
    pub token: u32,
    /// Its log-probability after what stands before it.
    pub log_probability: f32,
    /// What became of it.
    pub fate: Fate,
}

/// What became of a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It was among the best, and the search went on from it.
    Kept,
    /// There were better ones.
    Dropped,
    /// It ends a text.
    Finished,
}

/// One text that the search finished.
#[derive(Debug, Clone, PartialEq)]
pub struct Hypothesis {
    /// Its last node.
    pub node: usize,
    /// Its new ids, the end token left out.
    pub tokens: Vec<u32>,
    /// Its log-probability, that of the end token included.
    pub log_probability: f32,
    /// The log-probability divided by its length to the power of the length penalty.
    pub score: f32,
}

impl BeamTree {
    /// Nothing considered yet.
    pub(super) fn new(prompt: &[u32]) -> Self {
        Self { nodes: Vec::new(), hypotheses: Vec::new(), prompt: prompt.to_vec(), labels: None }
    }

    /// Adds a token that was considered and gives its number.
    pub(super) fn push(&mut self, parent: Option<usize>, token: u32, log_probability: f32, fate: Fate) -> usize {
        self.nodes.push(BeamNode { parent, token, log_probability, fate });
        self.nodes.len() - 1
    }

    /// Takes the text up to `node` among the finished ones; `ended` says that its last token is an end token.
    pub(super) fn finish(&mut self, node: usize, ended: bool, length_penalty: f32) {
        let mut tokens = self.tokens(Some(node));
        let log_probability = self.log_probability(Some(node));
        let score = log_probability / (tokens.len() as f32).powf(length_penalty);
        if ended {
            tokens.pop();
        }
        self.hypotheses.push(Hypothesis { node, tokens, log_probability, score });
        self.hypotheses.sort_by(|a, b| b.score.total_cmp(&a.score));
    }

    /// The text with the best score.
    pub fn best(&self) -> Option<&Hypothesis> {
        self.hypotheses.first()
    }

    /// The nodes from the prompt to `node`, in order.
    pub fn path(&self, node: Option<usize>) -> Vec<usize> {
        let parent = |number: &usize| self.nodes.get(*number).and_then(|node| node.parent);
        let mut path: Vec<usize> = std::iter::successors(node, parent).collect();
        path.reverse();
        path
    }

    /// The ids from the prompt to `node`, in order.
    pub fn tokens(&self, node: Option<usize>) -> Vec<u32> {
        self.path(node).iter().filter_map(|number| Some(self.nodes.get(*number)?.token)).collect()
    }

    /// The log-probability of the text from the prompt to `node`.
    pub fn log_probability(&self, node: Option<usize>) -> f32 {
        self.path(node).iter().filter_map(|number| Some(self.nodes.get(*number)?.log_probability)).sum()
    }

    /// The same tree with text in place of ids.
    ///
    /// # Errors
    /// When an id cannot be decoded.
    pub fn with_text(mut self, tokenizer: &Tokenizer) -> Result<Self> {
        let visible = |text: String| text.replace(' ', "·").replace('\n', "⏎").replace('\t', "⇥");
        let text = |node: &BeamNode| Ok::<_, crate::Error>(visible(tokenizer.decode_with(&[node.token], false)?));
        let nodes = self.nodes.iter().map(text).collect::<Result<_>>()?;
        self.labels = Some((tokenizer.decode_with(&self.prompt, false)?, nodes));
        Ok(self)
    }

    /// The subtree below `parent`, its branches in the order of their log-probability.
    fn branches(&self, parent: Option<usize>, best: &[usize]) -> Vec<TreeNode> {
        let mut children: Vec<usize> = (0..self.nodes.len()).filter(|&n| self.nodes[n].parent == parent).collect();
        children.sort_by(|&a, &b| self.nodes[b].log_probability.total_cmp(&self.nodes[a].log_probability));
        children.into_iter().map(|number| self.branch(number, best)).collect()
    }

    fn branch(&self, number: usize, best: &[usize]) -> TreeNode {
        let node = &self.nodes[number];
        let label = match self.labels.as_ref().and_then(|(_, labels)| labels.get(number)) {
            Some(label) => label.clone(),
            None => node.token.to_string(),
        };
        let mut branch = TreeNode::new(label)
            .edge(format!("{:.2}", node.log_probability))
            .children(self.branches(Some(number), best));
        if let Some(text) = self.hypotheses.iter().find(|text| text.node == number) {
            branch = branch.note(format!("score {:.2}", text.score));
        }
        match node.fate {
            _ if best.contains(&number) => branch.strong(),
            Fate::Dropped => branch.faint(),
            Fate::Kept | Fate::Finished => branch,
        }
    }
}

/// A tree from the prompt to the right: a log-probability at each branch, dropped candidates faint, the best text marked.
impl Rich for BeamTree {
    fn rich(&self) -> Bundle {
        let best = self.path(self.best().map(|text| text.node));
        let label = match &self.labels {
            Some((prompt, _)) => prompt.clone(),
            None => format!("{:?}", self.prompt),
        };
        let root = TreeNode::new(label).children(self.branches(None, &best)).strong();
        tree_figure(&root).map_or_else(|error| Bundle::text(error.to_string()), |figure| figure.rich())
    }
}
