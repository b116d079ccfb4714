import { existsSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'

/** null when this machine has none; CI must have one */
export const CHROMIUM: string | null =
  [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
    (path) => path !== undefined && existsSync(path),
  ) ?? null

const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-quic',
]

export const launch = (executablePath: string): Promise<Browser> => chromium.launch({ executablePath, args: QUIET })

export interface Look {
  readonly width: number
  readonly colorScheme: 'light' | 'dark'
}

/** Opens a file as a reader would, without a network; whatever goes wrong is in `complaints`. */
export async function open(
  browser: Browser,
  file: string,
  { width, colorScheme }: Look,
): Promise<{ readonly page: Page; readonly complaints: readonly string[] }> {
  const complaints: string[] = []
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme })
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`))
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.route('**/*', async (route) => {
    const url = route.request().url()
    if (/^(file|data):/.test(url)) return route.continue()
    complaints.push(`wants ${url}`)
    return route.abort()
  })
  await page.goto(pathToFileURL(file).href)
  return { page, complaints }
}
