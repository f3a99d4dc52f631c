import { InvalidRoute } from '../../../host/functions/http/route-constraints';
import { parseRouteTemplate } from '../../../host/functions/http/route-template';
import { Router, shapeOf } from '../../../host/functions/http/router';

const routerOf = (...templates: string[]) =>
  new Router(
    templates.map((text) => ({ template: parseRouteTemplate(text), methods: ['GET'], target: text })),
  );

describe('route templates', () => {
  test.each([
    ['{a}{b}', 'nothing between them'],
    ['/x', 'may not start with "/"'],
    ['~/x', 'may not start with "~"'],
    ['a//b', 'empty segment'],
    ['{a', 'braces do not match'],
    ['a}', 'braces do not match'],
    ['{}', 'is no parameter'],
    ['{a}/{A}', 'twice'],
    ['{*rest}/more', 'not the last segment'],
    ['x{*rest}', 'mixes a catch-all'],
    ['{a:unheard}', 'is unknown'],
    ['{a:int(3)}', 'is unknown'],
    ['{a:length(1,2,3)}', 'is unknown'],
    ['{a:length()}', 'is unknown'],
    ['{a:regex([)}', 'no regular expression'],
    ['a?', 'outside a parameter'],
  ])('"%s" is refused: %s', (text, reason) => {
    expect(() => parseRouteTemplate(text)).toThrow(InvalidRoute);
    expect(() => parseRouteTemplate(text)).toThrow(reason);
  });

  test.each([
    ['{v:int}', ['1', '-2', '2147483647'], ['2147483648', 'x', '1.5']],
    ['{v:long}', ['2147483648'], ['9223372036854775808']],
    ['{v:bool}', ['true', 'False'], ['yes']],
    ['{v:decimal}', ['1.5', '-2'], ['x']],
    ['{v:double}', ['1e3'], ['one']],
    ['{v:datetime}', ['2026-01-01'], ['someday']],
    ['{v:guid}', ['1f0b5f1c111122223333444455556666'], ['1f0b']],
    ['{v:alpha}', ['abc'], ['a1']],
    ['{v:length(3)}', ['abc'], ['ab', 'abcd']],
    ['{v:minlength(2)}', ['ab'], ['a']],
    ['{v:maxlength(2)}', ['ab'], ['abc']],
    ['{v:min(3)}', ['3'], ['2', 'x']],
    ['{v:max(3)}', ['3'], ['4']],
    ['{v:range(2,3)}', ['2', '3'], ['1', '4']],
    ['{v:regex(^a(b|c)$)}', ['ab', 'AC'], ['ad']],
    ['{v:int:min(5)}', ['5'], ['4', 'x']],
  ])('"%s" takes %j and not %j', (text, good, bad) => {
    const router = routerOf(text);
    expect(good.map((value) => router.match('GET', `/${value}`)?.params)).toEqual(good.map((v) => ({ v })));
    expect(bad.map((value) => router.match('GET', `/${value}`))).toEqual(bad.map(() => undefined));
  });

  test('the more literal template wins, whatever the order of registration', () => {
    const templates = ['{*all}', '{a}/{b}', 'x/{b}', 'x/{b:int}', 'x/y', '{*all:int}', 'x/v{n}'];
    for (const router of [routerOf(...templates), routerOf(...templates.toReversed())]) {
      const winners = ['/x/y', '/x/7', '/x/v2', '/x/z', '/q/z', '/q/z/w'].map(
        (path) => router.match('GET', path)?.target,
      );
      expect(winners).toEqual(['x/y', 'x/{b:int}', 'x/v{n}', 'x/{b}', '{a}/{b}', '{*all}']);
    }
  });

  test('the empty template is the root', () => {
    expect(routerOf('').match('GET', '/')?.target).toBe('');
    expect(routerOf('').match('GET', '/x')).toBeUndefined();
  });

  test('names of parameters do not make templates different, constraints do', () => {
    const shape = (text: string) => shapeOf(parseRouteTemplate(text));
    expect(shape('A/{x}')).toBe(shape('a/{y}'));
    expect(shape('a/{x:int}')).not.toBe(shape('a/{x}'));
    expect(shape('a/{*x}')).not.toBe(shape('a/{x}'));
  });
});
