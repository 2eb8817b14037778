import { parentPort } from 'node:worker_threads';
import { parseKubeconfig } from './live/clientNode';
import type { ParsedMessage, TextMessage } from './live/kubeconfigThread';

if (parentPort !== null) {
  const port = parentPort;
  port.on('message', ({ id, text }: TextMessage) => {
    void parseKubeconfig(text).then((result) =>
      port.postMessage({ id, result } satisfies ParsedMessage),
    );
  });
}
