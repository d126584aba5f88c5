// The page on which a researcher codes a reply.

import { codeByKeys } from "./coding_keys.js";

codeByKeys({ form: document.getElementById("coding"), document });
document.getElementById("keys").hidden = false;
