"""A cell can ask the learner for a line."""


def test_an_answer_comes_back(shared_kernel):
    ran = shared_kernel.run('let name = input("Your name? ")?;\nformat!("hello {name}")', answers=["Ana"]).ok()
    assert "hello Ana" in ran.text


def test_several_questions_are_asked_in_order(shared_kernel):
    ran = shared_kernel.run('let a = input("a")?; let b = input("b")?; format!("{a}{b}")', answers=["1", "2"]).ok()
    assert "12" in ran.text


def test_a_front_end_that_cannot_ask_gets_an_error_not_a_wait(shared_kernel):
    assert shared_kernel.run('input("anyone?")?').status == "error"
