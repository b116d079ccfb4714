// what the tests use of playwright-core, whose own types need the DOM's, which the package must not see
export interface Route {
  request(): { url(): string }
  abort(): Promise<void>
  continue(): Promise<void>
}

export interface Page {
  on(event: 'console', hear: (message: { type(): string; text(): string }) => void): void
  on(event: 'pageerror', hear: (error: Error) => void): void
  route(url: string, handle: (route: Route) => Promise<void>): Promise<void>
  goto(url: string): Promise<unknown>
  /** the expression is evaluated in the page, whose world has other types */
  evaluate<T>(expression: string): Promise<T>
  screenshot(options: { readonly path: string; readonly fullPage: boolean }): Promise<unknown>
  close(): Promise<void>
}

export interface Browser {
  newPage(options: {
    readonly viewport: { readonly width: number; readonly height: number }
    readonly colorScheme: 'light' | 'dark'
  }): Promise<Page>
  close(): Promise<void>
}

export const chromium: {
  launch(options: { readonly executablePath: string; readonly args: readonly string[] }): Promise<Browser>
}
