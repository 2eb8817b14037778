import { parentPort, workerData } from 'node:worker_threads';
import { readSchemaBundle } from './schemaBundle';
import { createSchemas } from './validate/schemas';
import { createValidator } from './validate/validator';
import { serveValidator } from './validate/workerProtocol';
import type { ToWorker } from './validate/workerProtocol';
import type { WorkerData } from './workerThread';

const { schemasPath } = workerData as WorkerData;

if (parentPort !== null) {
  const port = parentPort;
  serveValidator(
    {
      post: (message) => port.postMessage(message),
      onMessage: (listener) => port.on('message', (message: ToWorker) => listener(message)),
    },
    createValidator(createSchemas({ bundle: () => readSchemaBundle(schemasPath) })),
  );
}
