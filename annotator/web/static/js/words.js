/**
 * Every word that the scripts put before a reader; the templates hold the others.
 * The server puts it into the site's language: a literal is a message, with the names of variables in it.
 */

// Made once: each takes a browser a millisecond to make.
const numbers = new Intl.NumberFormat("en");
const days = new Intl.DateTimeFormat("en-GB", { dateStyle: "long" });
const moments = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** Which form a number takes. @param {number} n */
const form = (n) => Number(n !== 1);

/** @param {number} count @param {string[]} forms */
const plural = (count, ...forms) => forms[form(count)] ?? "";

/** @param {number} count */
const number = (count) => numbers.format(count);

/** @param {number} count */
const people = (count, many = number(count)) => plural(count, `${many} person`, `${many} people`);

/** @param {number} count */
const comments = (count, many = number(count)) => (count ? plural(count, `${many} comment`, `${many} comments`) : "No comments");

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
  loading: "Fetching the comments…",
  nothing: "Nobody has commented here yet.",
  onWords: "On these words",
  asked: "The comment you followed",
  more: "Show more comments",
  /** @param {number} shown @param {number} total */
  shownOf: (shown, total) => (shown < total ? words.partOf(number(shown), comments(total)) : comments(total)),
  /** @param {string} many @param {string} counted */
  partOf: (many, counted) => `${many} of ${counted}`,
  notices: "About this page",
  /** @param {number} total @param {number} authors @param {string} [author] */
  showing: (total, authors, author) => (total ? words.showingBy(comments(total), author ?? people(authors)) : "No comments fit this filter"),
  /** @param {string} counted @param {string} who */
  showingBy: (counted, who) => `Showing ${counted} by ${who}`,
  showingAll: "Showing all comments.",
  showAll: "Show all",
  /** @param {number} many */
  hiddenByFilter: (many, counted = number(many)) => plural(many, `${counted} comment hidden by the filter`, `${counted} comments hidden by the filter`),
  nothingFits: "No comments here fit the filter.",
  leftOut: "The filter leaves this out; after reloading it is not shown.",
  people,
  beginning: "The beginning",
  /** @param {string} section @param {string} name @param {number} authors @param {number} total */
  heat: (section, name, authors, total, who = people(authors), counted = comments(total)) => `${section}, ${name}: ${who}, ${counted}`,
  /** @param {number} many */
  newComments: (many) => (many < 1000 ? plural(many, `${many} new comment`, `${many} new comments`) : "Many new comments"),
  /** @param {number} many */
  shownNow: (many) => (many < 1000 ? plural(many, `${many} new comment shown.`, `${many} new comments shown.`) : "Many new comments shown."),
  /** @param {string} newest @param {string} edition */
  newerEdition: (newest, edition) => `A newer edition, ${newest}, has come in. You are reading ${edition}, and comment on it.`,
  newestPlace: "Go to this place in the newest",
  /** @param {number} many */
  unread: (many) => `${many} unread`,
  nextUnread: "Next",
  markRead: "Mark all as read",
  allRead: "All comments are marked as read.",
  fresh: "new",
  /** @param {number} many */
  ofThemNew: (many, shown = number(many)) => `, ${shown} new`,
  unreadComment: "An unread comment",
  /** @param {string} section */
  whereYouWere: (section) => (section ? `You were reading “${section}”.` : "You have been reading here."),
  continueThere: "Continue there",
  forgetPlace: "Forget",
  sortedBy: "Sorted by",
  sorts: { place: "place in the text", recent: "newest first", replied: "most replied" },
  /** @param {string} author */
  backTo: (author) => `Back to the comment by ${author}`,
  /** @param {string} name */
  commentOn: (name) => `Comment on ${name}`,
  comments,
  /** @param {string} counted @param {string} name */
  commentsOn: (counted, name) => `${counted} on ${name}`,

  yourComment: "Your comment",
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
  tooLong: (length, longest, are = number(length), most = number(longest)) => `These are ${are} characters; a comment can be on ${most} at most. Choose fewer, or comment on the whole section.`,
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
  notPosted: (about, others) => (others > 0 ? `Not posted yet: your comment on ${about}, and ${others} more.` : `Not posted yet: your comment on ${about}.`),
  draftKept: "What you wrote is kept in this browser.",
  goOn: "Go on writing",
  throwAway: "Throw it away",
  thrownAway: "What you wrote is thrown away.",
  undo: "Undo",
  /** @param {string} author */
  replyTo: (author) => `a comment by ${author}`,
  changesTo: "a comment of yours, which you were changing",
  posted: "Your comment is posted.",
  highlighted: "Highlighted.",
  saved: "Your changes are saved.",
  notThere: "We could not find those words here. Copy them exactly from the text.",
  severalTimes: "These words stand here more than once; quote a few more around them.",

  reply: "Reply",
  inReplyTo: "In reply to",
  anotherReply: "another reply",
  flag: "Flag",
  edit: "Edit",
  remove: "Delete",
  reallyRemove: "Delete this comment?",
  forAnHour: "For an hour you can undo this; then its words are gone for good.",
  restored: "Your comment is back.",
  keep: "Keep it",
  removed: "Deleted.",
  /** @param {string} day */
  removedComment: (day) => `This comment was deleted on ${day}.`,
  /** @param {string} day */
  hiddenComment: (day) => `This comment was hidden on ${day}; the log says why.`,
  waits: "This waits for a moderator; until then only you and the moderators can read it.",
  highlightOnly: "Highlighted, without a comment.",
  permalink: "Link",
  permalinkOf: "Link to this comment",
  showWords: "Show these words in the text",
  edited: "edited",
  /** @param {Date} moment */
  day: (moment) => days.format(moment),
  /** @param {Date} moment */
  moment: (moment) => moments.format(moment),
  number,
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
    nextCommented: "Next paragraph with comments",
    previousCommented: "Previous paragraph with comments",
    comment: "Comment on this paragraph",
    conversation: "Read the comments on this paragraph",
    unread: "Next unread comment",
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
};
