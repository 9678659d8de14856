/** Every word that the scripts put before a reader; the templates hold the others. */

// Made once: each takes a browser a millisecond to make.
const numbers = new Intl.NumberFormat("en");
const days = new Intl.DateTimeFormat("en-GB", { dateStyle: "long" });
const moments = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

export const words = {
  toolbar: "With the selected words",
  comment: "Comment",
  highlight: "Highlight",
  cite: "Copy citation",

  citation: "Citation",
  citationCopied: "The address and the sentence are on your clipboard. Other forms:",
  copyByHand: "This browser did not let the page copy. Copy what you need by hand.",
  copy: "Copy",
  done: "Copied",
  /** @param {string} what */
  copied: (what) => `Copied: ${what}`,
  /** @param {string} what */
  copyOf: (what) => `Copy: ${what}`,
  citations: {
    address: "Address of this edition",
    sentence: "In a sentence",
    markdown: "Markdown",
    bibtex: "BibTeX",
    csl_json: "CSL-JSON",
    text_fragment: "Link to the publisher’s own page",
  },

  close: "Close",
  hint: "Select words to comment on them, or follow a number in the margin.",
  loading: "Fetching the remarks…",
  nothing: "Nobody has commented here yet.",
  onWords: "On these words",
  asked: "The remark you followed",
  more: "Show more remarks",
  /** @param {number} shown @param {number} total */
  shownOf: (shown, total) => (shown < total ? `${numbers.format(shown)} of ${words.remarks(total)}` : words.remarks(total)),
  notices: "About this page",
  /** @param {number} total @param {number} authors @param {string} [author] */
  showing: (total, authors, author) => (total ? `Showing ${words.remarks(total)} by ${author ?? words.people(authors)}` : "No remarks fit this filter"),
  showingAll: "Showing all remarks.",
  showAll: "Show all",
  /** @param {number} count */
  people: (count) => `${numbers.format(count)} ${count === 1 ? "person" : "people"}`,
  beginning: "The beginning",
  /** @param {string} section @param {string} name @param {number} authors @param {number} remarks */
  heat: (section, name, authors, remarks) => `${section}, ${name}: ${words.people(authors)}, ${words.remarks(remarks)}`,
  /** @param {number} many */
  newRemarks: (many) => `${many < 1000 ? many : "Many"} new remark${many === 1 ? "" : "s"}`,
  /** @param {number} many */
  shownNow: (many) => `${words.newRemarks(many)} shown.`,
  /** @param {string} newest @param {string} edition */
  newerEdition: (newest, edition) => `A newer edition, ${newest}, has come in. You are reading ${edition}, and comment on it.`,
  newestPlace: "Go to this place in the newest",
  /** @param {number} many */
  unread: (many) => `${many} unread`,
  nextUnread: "Next",
  markRead: "Mark all as read",
  allRead: "All remarks are marked as read.",
  fresh: "new",
  /** @param {number} many as counts.js takes it away again */
  ofThemNew: (many) => `, ${numbers.format(many)} new`,
  unreadRemark: "An unread remark",
  /** @param {string} section */
  whereYouWere: (section) => (section ? `You were reading “${section}”.` : "You have been reading here."),
  continueThere: "Continue there",
  forgetPlace: "Forget",
  sortedBy: "Sorted by",
  sorts: { place: "place in the text", recent: "newest first", replied: "most replied" },
  /** @param {string} author */
  backTo: (author) => `Back to the remark by ${author}`,
  /** @param {string} name */
  commentOn: (name) => `Comment on ${name}`,
  /** @param {number} count */
  remarks: (count) => `${count ? numbers.format(count) : "No"} remark${count === 1 ? "" : "s"}`,
  /** @param {string} counted @param {string} name */
  remarksOn: (counted, name) => `${counted} on ${name}`,

  yourRemark: "Your remark",
  yourReply: "Your reply",
  markdown: "Markdown works: *emphasis*, > quotation, [link](https://…).",
  tags: "Tags, separated by commas",
  narrow: "Or quote the words, as they stand in the text",
  whichWords: "Which words it is about",
  by: "Move by",
  units: { word: "a word", sentence: "a sentence", paragraph: "a paragraph" },
  ends: {
    start: { earlier: "Start earlier", later: "Start later" },
    end: { earlier: "End earlier", later: "End later" },
  },
  asItWas: "As it was at first",
  growingKeys: "Keys on these buttons move the end: ← → by a word, ↑ ↓ by a sentence, Page Up and Page Down by a paragraph. With Shift they move the start.",
  /** @param {string} chosen */
  nowOn: (chosen) => `Now on: “${chosen}”`,
  noFurther: "It goes no further that way.",
  /** @param {number} length @param {number} longest */
  tooLong: (length, longest) => `These are ${numbers.format(length)} characters; a remark can be on ${numbers.format(longest)} at most. Choose fewer, or comment on the whole section.`,
  write: "Write",
  preview: "Preview",
  emptyPreview: "Nothing to show yet.",
  post: "Post",
  posting: "Posting…",
  save: "Save",
  cancel: "Cancel",
  showPosted: "Show what is posted",
  unsent: "Not posted yet",
  /** @param {string} about @param {number} others */
  notPosted: (about, others) => `Not posted yet: your remark on ${about}${others > 0 ? `, and ${others} more` : ""}.`,
  draftKept: "What you wrote is kept in this browser.",
  goOn: "Go on writing",
  throwAway: "Throw it away",
  thrownAway: "What you wrote is thrown away.",
  undo: "Undo",
  /** @param {string} author */
  replyTo: (author) => `a remark by ${author}`,
  changesTo: "a remark of yours, which you were changing",
  posted: "Your remark is posted.",
  highlighted: "Highlighted.",
  saved: "Your changes are saved.",
  notThere: "These words do not stand here; copy them from the text as they are.",
  severalTimes: "These words stand here more than once; quote a few more around them.",

  reply: "Reply",
  inReplyTo: "In reply to",
  anotherReply: "another reply",
  flag: "Flag",
  edit: "Edit",
  remove: "Delete",
  reallyRemove: "Delete this remark?",
  forAnHour: "For an hour you can undo this; then its words are gone for good.",
  restored: "Your remark is back.",
  keep: "Keep it",
  removed: "Deleted.",
  /** @param {string} day */
  removedRemark: (day) => `This remark was deleted on ${day}.`,
  /** @param {string} day */
  hiddenRemark: (day) => `This remark was hidden on ${day}; the log says why.`,
  waits: "This waits for a moderator; until then only you and the moderators can read it.",
  highlightOnly: "Highlighted, without a remark.",
  permalink: "Link",
  permalinkOf: "Link to this remark",
  showWords: "Show these words in the text",
  edited: "edited",
  /** @param {Date} moment */
  day: (moment) => days.format(moment),
  /** @param {Date} moment */
  moment: (moment) => moments.format(moment),
  /** @param {number} many */
  number: (many) => numbers.format(many),
  verdicts: {
    moved: "The words have moved since",
    edited: "Edited since: struck words are gone, underlined ones are new",
    lost: "The words are no longer in this edition",
  },
  neverStood: "These words were quoted elsewhere; no place was found for them in the text",

  /** @param {string} edition */
  asItStood: (edition) => `As it stood in ${edition}`,
  restate: "Say where it stands now",

  signIn: "Sign in",
  signInFirst: "Sign in to take part. What you selected and wrote is kept here.",
  expired: "You have been signed out. Sign in again; what you wrote is kept here.",
  unreachable: "The site cannot be reached just now.",
  sentWhenBack: "What you wrote is kept, and sent when the network is back; or try again in a moment.",
  readOnly: "This site is read-only just now, and takes nothing new. What you write is kept in this browser.",
  failed: "This did not work. What you wrote is kept; try again.",

  keysTitle: "Keys on this page",
  useKeys: "Use these keys",
  closeKey: "Escape closes what is open. Type another key into a field to change it, or empty it to do without.",
  keysOn: "These keys are on.",
  keysOff: "These keys are off; every key is the browser’s.",
  usualKeys: "The usual keys",
  keysReset: "Every act has its usual key again.",
  /** @param {string} act @param {string} key */
  keyIs: (act, key) => `${act}: ${key}`,
  /** @param {string} act */
  keyNone: (act) => `${act}: no key`,
  /** @param {string} key @param {string} loser */
  keyTaken: (key, loser) => `${key} was the key of “${loser}”, which has none now.`,
  noMoreThatWay: "There is none that way.",
  acts: {
    next: "Next paragraph",
    previous: "Previous paragraph",
    nextCommented: "Next paragraph with remarks",
    previousCommented: "Previous paragraph with remarks",
    comment: "Comment on this paragraph",
    conversation: "Read the remarks on this paragraph",
    unread: "Next unread remark",
    contents: "Contents",
    heat: "Where the argument is",
    filter: "Filter the commentary",
    search: "Search",
    nextCase: "Next case",
    previousCase: "Previous case",
    approve: "Let it stand, or show it",
    hide: "Hide",
    restore: "Restore",
    ask: "Ask to reword",
    warn: "Warn",
    grant: "Grant the appeal",
    uphold: "Let the decision stand",
    delay: "Say why more time is needed",
    account: "Account and versions",
    suspend: "Suspend the account",
    ban: "Ban the account",
    reinstate: "Reinstate the account",
    keys: "Show these keys",
  },

  /** @param {string} act */
  chosenAct: (act) => `${act}: give the reason, then Ctrl and Enter.`,
  notHere: "That is not to be decided here.",

  toDark: "Dark",
  toLight: "Light",
};
