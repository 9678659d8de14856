/**
 * All texts of the scripts. The server translates this file: each literal is a message, with variables
 * as placeholders. The defaults of parameters declare their types.
 */

// Creating it takes a millisecond.
const numbers = new Intl.NumberFormat("en");

/** Return the index of the plural form. @param {number} n */
const form = (n) => Number(n !== 1);

/** @param {number} count @param {string[]} forms */
const plural = (count, ...forms) => forms[form(count)] ?? "";

const number = (count = 0) => numbers.format(count);

const people = (count = 0, many = number(count)) => plural(count, `${many} person`, `${many} people`);

const comments = (count = 0, many = number(count)) => (count ? plural(count, `${many} comment`, `${many} comments`) : "No comments");

export const words = {
  copyByHand: "Your browser does not allow copying from this page. Select the text and copy it yourself.",
  copy: "Copy",
  done: "Copied",
  copied: (what = "") => `Copied: ${what}`,
  copyLabel: (what = "") => `Copy: ${what}`,
  close: "Close",
  loading: "Loading comments…",
  linkedComment: "Linked comment",
  notices: "About this page",
  /** @param {number} total @param {number} authors @param {string} [author] */
  showing: (total, authors, author) => (total ? words.showingBy(comments(total), author ?? people(authors)) : "No comments match this filter"),
  showingBy: (counted = "", who = "") => `Showing ${counted} by ${who}`,
  showingAll: "Showing all comments.",
  showAll: "Show all",
  beginning: "The beginning",
  barLabel: (section = "", name = "", authors = 0, total = 0, who = people(authors), counted = comments(total)) => `${section}, ${name}: ${who}, ${counted}`,
  newComments: (many = 0, shown = number(many)) => plural(many, `${shown} new comment`, `${shown} new comments`),
  commentsShown: (many = 0, shown = number(many)) => plural(many, `${shown} new comment shown.`, `${shown} new comments shown.`),
  newerEdition: (newest = "", edition = "") => `A newer edition, ${newest}, is available. You are reading ${edition}; your comments are posted on this edition.`,
  newestPlace: "Go to this place in the newest edition",
  unread: (many = 0, shown = number(many)) => `${shown} unread`,
  nextUnread: "Next",
  markRead: "Mark all as read",
  allMarkedRead: "All comments are marked as read.",
  newMark: "new",
  unreadSuffix: (many = 0, shown = number(many)) => `, ${shown} new`,
  unreadComment: "An unread comment",
  youWereReading: (section = "") => (section ? `You were reading “${section}”.` : "You were reading here."),
  continueThere: "Continue there",
  forgetPlace: "Dismiss",
  backTo: (author = "") => `Back to the comment by ${author}`,
  commentOn: (name = "") => `Comment on ${name}`,
  comments,
  commentsOn: (counted = "", name = "") => `${counted} on ${name}`,
  selectedWords: (chosen = "") => `Now on: “${chosen}”`,
  endReached: "You have reached the end.",
  tooLong: (length = 0, longest = 0, are = number(length), most = number(longest)) => `You selected ${are} characters; the limit is ${most}. Select fewer, or comment on the whole section.`,
  unsent: "Drafts",
  notPosted: (about = "", others = 0) => (others > 0 ? `Not posted yet: your comment on ${about}, and ${others} more.` : `Not posted yet: your comment on ${about}.`),
  draftKept: "Your draft is saved in this browser.",
  continueWriting: "Continue writing",
  discardDraft: "Discard draft",
  draftDiscarded: "Draft discarded.",
  undo: "Undo",
  highlighted: "Highlighted.",
  quoteNotFound: "We could not find those words here. Copy them exactly from the text.",
  quoteAmbiguous: "These words appear here more than once. Add a few words around them.",
  waitingForReview: "Your comment is waiting for review; until then only you and moderators can read it.",
  number,
  expired: "You were signed out. Sign in again; your draft is saved.",
  unreachable: "The site cannot be reached.",
  sentWhenBack: "Your draft is saved and will be sent when you are online again, or try again in a moment.",
  failed: "Something went wrong. Your draft is saved; try again.",
  keysOn: "Keyboard shortcuts are on.",
  keysOff: "Keyboard shortcuts are off.",
  keysReset: "Keyboard shortcuts are reset to their defaults.",
  keyIs: (act = "", key = "") => `${act}: ${key}`,
  keyNone: (act = "") => `${act}: no key`,
  keyTaken: (key = "", loser = "") => `${key} was the key for “${loser}”, which now has none.`,
  noMoreThere: "Nothing more in this direction.",
  chosenAct: (act = "") => `${act}: enter the reason, then press Ctrl+Enter.`,
  notHere: "You cannot do that here.",
};
