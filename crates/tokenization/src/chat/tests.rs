//! Tests of chat templates.
