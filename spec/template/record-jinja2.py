"""Records what Jinja2 answers to the templates of jinja2.json: `python record-jinja2.py`, with Jinja2 3.1 installed.

Each case has a `template`, perhaps a `context`, and `dialect: chat` for those that are rendered as transformers does.
Recorded are `answer`, or `error` with the class of the exception. What is refused here although Jinja2 answers is
marked `refused`, by hand, with a part of the message.
"""

import json
import pathlib
import platform

import jinja2
import jinja2.sandbox

whitespace = {'trim_blocks': True, 'lstrip_blocks': True}
prompts = jinja2.Environment(
    undefined=jinja2.StrictUndefined,
    keep_trailing_newline=True,
    extensions=['jinja2.ext.loopcontrols'],
    **whitespace,
)
chats = jinja2.sandbox.ImmutableSandboxedEnvironment(extensions=['jinja2.ext.loopcontrols'], **whitespace)


def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    """As transformers has it (utils/chat_template_utils.py)."""
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


chats.filters['tojson'] = tojson
chats.globals['raise_exception'] = raise_exception

file = pathlib.Path(__file__).with_name('jinja2.json')
recorded = json.loads(file.read_text('utf-8'))
for case in recorded['cases']:
    environment = chats if case.get('dialect') == 'chat' else prompts
    case.pop('answer', None)
    case.pop('error', None)
    try:
        case['answer'] = environment.from_string(case['template']).render(**case.get('context', {}))
    except Exception as error:  # noqa: BLE001: whatever it is, it is the answer
        case['error'] = type(error).__name__
lines = ',\n'.join('    ' + json.dumps(case, ensure_ascii=False) for case in recorded['cases'])
file.write_text(
    f'{{\n  "recorded": "Jinja2 {jinja2.__version__}, Python {platform.python_version()}",\n'
    f'  "cases": [\n{lines}\n  ]\n}}\n',
    'utf-8',
)
