import { eventText, type FollowMessage } from '../../../functions/jobs/follow/message';
import { nextPauseMs } from '../../../functions/jobs/follow/pace';

test.each<[FollowMessage, string]>([
  [{ event: 'keep-alive' }, ': keep-alive\n\n'],
  [
    { event: 'state', data: { task: 0, state: 'queued', code: 'A', message: 'two\nlines' } },
    'event: state\ndata: {"task":0,"state":"queued","code":"A","message":"two\\nlines"}\n\n',
  ],
  [
    { event: 'attempt', id: '0:0:a:0:0', data: { task: 0, retry: 0, attemptId: 'a' } },
    'id: 0:0:a:0:0\nevent: attempt\ndata: {"task":0,"retry":0,"attemptId":"a"}\n\n',
  ],
])('%j is sent as %j', (message, text) => {
  expect(eventText(message)).toBe(text);
});

test.each([
  [0, true, 100],
  [5000, true, 100],
  [100, false, 150],
  [4000, false, 5000],
  [0, false, 150],
])('after a pause of %d ms, with news %p, it pauses %d ms', (before, hasFound, expected) => {
  expect(nextPauseMs(before, hasFound, { lookMs: 100, idleLookMs: 5000 })).toBe(expected);
});
