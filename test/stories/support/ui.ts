import { chromium } from 'playwright-core';

/** A browser that calls nobody but the page it shows. */
const browser = {
  executablePath: '/usr/bin/chromium',
  args: [
    ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
    ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
  ],
};

/** Opens a workflow's link in the Temporal UI and sends it a signal from the form there, as a person would. */
export async function signalFromTheForm(link: string, signal: string, input: unknown): Promise<void> {
  const chrome = await chromium.launch(browser);
  try {
    const page = await chrome.newPage();
    await page.goto(link);
    await page.getByRole('button', { name: 'More Actions' }).first().click();
    await page.getByRole('menuitem', { name: 'Send a Signal' }).click();
    const form = page.getByRole('dialog').last();
    await form.getByTestId('signal-select-button').click();
    await form.getByRole('option', { name: new RegExp(`^${signal}\\b`) }).click();
    await form.getByRole('textbox', { name: 'Data' }).click();
    await page.keyboard.insertText(JSON.stringify(input));
    await form.getByTestId('confirm-modal-button').click();
    await form.getByTestId('confirm-modal-button').waitFor({ state: 'hidden' });
  } finally {
    await chrome.close();
  }
}
