import { existsSync } from 'node:fs';
import { env } from 'node:process';
import { chromium } from 'playwright-core';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const VIEWPORT = { width: 1280, height: 800 };

/** The system's Chromium; `PLUMBLINE_CHROMIUM` names another. */
export async function startBrowser() {
  const executablePath = [env.PLUMBLINE_CHROMIUM, ...PLACES].find(
    (path) => path !== undefined && existsSync(path),
  );
  if (executablePath === undefined) {
    throw new Error(
      `no Chromium: install one, or name it in PLUMBLINE_CHROMIUM (looked in ${PLACES.join(', ')})`,
    );
  }
  return chromium.launch({ executablePath, args: FLAGS });
}
