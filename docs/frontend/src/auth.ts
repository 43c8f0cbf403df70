// Signing in with Microsoft Entra ID. The page is a public client: it has no secret. README.md has
// the steps of the app registration.

import { InteractionRequiredAuthError, PublicClientApplication } from "@azure/msal-browser";
import type { FrontendConfig } from "./config.js";
import type { TokenSource } from "./registry.js";

/** What the token is for: this API, in the name of the person who signed in. */
export const scopes = (clientId: string): string[] => [`api://${clientId}/access_as_user`];

/** A token for each request: from MSAL's cache while it lasts, else silently, else by a pop-up. */
export async function entraTokens(
  azure: NonNullable<FrontendConfig["azure"]>,
): Promise<TokenSource> {
  const msal = new PublicClientApplication({
    auth: {
      clientId: azure.clientId,
      authority: `https://login.microsoftonline.com/${azure.tenantId}`,
      redirectUri: azure.redirectUri,
    },
    // Gone with the tab: what is in localStorage every script of the origin reads for ever.
    cache: { cacheLocation: "sessionStorage" },
  });
  await msal.initialize();
  await msal.handleRedirectPromise();
  const wanted = scopes(azure.clientId);
  return async () => {
    const account = msal.getActiveAccount() ?? msal.getAllAccounts()[0];
    if (account !== undefined) {
      try {
        return (await msal.acquireTokenSilent({ scopes: wanted, account })).accessToken;
      } catch (error) {
        if (!(error instanceof InteractionRequiredAuthError)) throw error;
      }
    }
    const signedIn = await msal.acquireTokenPopup({ scopes: wanted });
    msal.setActiveAccount(signedIn.account);
    return signedIn.accessToken;
  };
}
