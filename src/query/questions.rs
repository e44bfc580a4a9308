//! The vectors of recent questions: the next page of a search, and the same question again, do not
//! wait for the model.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use lru::LruCache;

type Vectors = LruCache<String, Vec<f32>>;

/// Remembers so many questions, those that were asked longest ago going first. Clones share.
#[derive(Clone)]
pub struct Questions {
    /// None: nothing is remembered.
    vectors: Option<Arc<Mutex<Vectors>>>,
}

impl Questions {
    pub fn new(kept: usize) -> Self {
        let vectors = NonZeroUsize::new(kept).map(|kept| Arc::new(Mutex::new(LruCache::new(kept))));
        Self { vectors }
    }

    pub fn get(&self, question: &str) -> Option<Vec<f32>> {
        let vectors = self.vectors.as_ref()?;
        let mut vectors = vectors.lock().unwrap_or_else(PoisonError::into_inner);
        vectors.get(question).cloned()
    }

    pub fn keep(&self, question: &str, vector: Vec<f32>) {
        if let Some(vectors) = &self.vectors {
            let mut vectors = vectors.lock().unwrap_or_else(PoisonError::into_inner);
            vectors.put(question.to_owned(), vector);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_that_was_asked_longest_ago_is_forgotten() {
        let questions = Questions::new(2);
        questions.keep("a", vec![1.0]);
        questions.keep("b", vec![2.0]);
        assert_eq!(questions.get("a"), Some(vec![1.0]));
        questions.keep("c", vec![3.0]);
        assert_eq!(questions.get("b"), None);
        assert_eq!(questions.get("a"), Some(vec![1.0]));
        let none = Questions::new(0);
        none.keep("a", vec![1.0]);
        assert_eq!(none.get("a"), None);
    }
}
