/** On the report of an essay's quotations: each corrected quotation gets a button that copies it. */

import { offerCopies } from "./cite.js";

for (const place of document.querySelectorAll(".copy")) offerCopies(place);
