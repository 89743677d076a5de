"""Writes prompts.json: the prompts of Experiment 7 as its notebook makes them.

FORMAT_TEMPLATES and create_format_variants are the notebook's, with one repair: in the json template four quotes in a
row end the string one character too early for Python, so the last quote of the text is escaped here.

    python3 prompts.py > prompts.json
"""

import json

FORMAT_TEMPLATES = {
    "stackoverflow": {
        "template": """**Question:**
{question}

**Answer:**""",
        "description": "StackOverflow Q&A format"
    },
    "wikipedia": {
        "template": """{question}

According to available sources,""",
        "description": "Wikipedia expository style"
    },
    "textbook": {
        "template": """**Example Problem:**
{question}

**Solution:**
To solve this problem,""",
        "description": "Textbook problem/solution format"
    },
    "reddit": {
        "template": """{question}

Edit: Figured it out!""",
        "description": "Reddit discussion style"
    },
    "documentation": {
        "template": """## Overview

{question}

## Answer

The answer is""",
        "description": "Technical documentation format"
    },
    "chat": {
        "template": """User: {question}
Assistant:""",
        "description": "Chat conversation format"
    },
    "academic": {
        "template": """Abstract: This paper addresses the question: {question}

Results: Our analysis shows that""",
        "description": "Academic paper style"
    },
    "json": {
        "template": """{{
  "question": "{question}",
  "answer": \"""",
        "description": "JSON data format"
    },
    "plain": {
        "template": "{question}",
        "description": "No formatting, just the question"
    },
    "reversed": {
        "template": "{question_reversed}",
        "description": "Reversed text (unnatural)"
    },
    "leetspeak": {
        "template": "{question_leet}",
        "description": "Leetspeak substitution (semi-natural)"
    },
    "uppercase": {
        "template": "{question_upper}",
        "description": "All uppercase (semi-natural)"
    }
}

TEST_QUESTIONS = [
    {"q": "What is the sum of 45 and 67?", "a": "112"},
    {"q": "What is the capital of Germany?", "a": "Berlin"},
    {"q": "What color do you get by mixing red and blue?", "a": "purple"},
]

natural_formats = ['stackoverflow', 'wikipedia', 'textbook', 'documentation', 'chat', 'academic', 'json']


def create_format_variants(question):
    variants = {}
    for name, fmt in FORMAT_TEMPLATES.items():
        if name == "reversed":
            variants[name] = question[::-1]
        elif name == "leetspeak":
            leet_map = {'a': '4', 'e': '3', 'i': '1', 'o': '0', 's': '5', 't': '7'}
            leet_q = ''.join(leet_map.get(c.lower(), c) for c in question)
            variants[name] = leet_q
        elif name == "uppercase":
            variants[name] = question.upper()
        else:
            variants[name] = fmt["template"].format(question=question)
    return variants


rows = []
for item, test in enumerate(TEST_QUESTIONS, 1):
    for f, prompt in create_format_variants(test["q"]).items():
        group = 'natural' if f in natural_formats else 'plain' if f == 'plain' else 'unnatural'
        rows.append({"format": f, "group": group, "description": FORMAT_TEMPLATES[f]["description"], "item": item,
                     "prompt": prompt, "prompt_length": len(prompt), "target": " " + test["a"]})
print(json.dumps(rows, indent=1, ensure_ascii=False))
