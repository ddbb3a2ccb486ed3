"""What can go wrong at the desk, before or after talking to KashFlow.

DeskError
├── NotAllowed          only an Admin may do this
├── LastAdmin           a business always has an Admin
├── BusinessUnknown     no business of that name
├── BusinessExists      the name is taken
├── NotConnected        the business is not connected to KashFlow
├── OtherCompany        these credentials open another company's books
├── Busy                the same work is going on in another session
├── NothingRuns         nothing is being published for the business
├── BrokenOff           the publishing that was followed was broken off
├── FileRefused         a file that cannot be imported at all
├── ItemUnknown         no item of that number
├── ChangedMeanwhile    somebody else changed the same thing of a business
├── ItemChanged         the item was changed by somebody else meanwhile
├── NothingToUndo       no edit, deletion or import that could be taken back
├── ItemSettled         the item is in KashFlow, or may be, and stays as it is
├── PlanChanged         what would be sent is no longer what was shown
├── NotAgreed           a supplier or customer has to be created, and nobody agreed to it
├── Duplicate           KashFlow has the document already
├── ThereTwice          what was published is in KashFlow a second time
├── TwinUnknown         one just like it was sent, and its outcome is not known yet
├── NotThereYet         an item of unknown outcome is not in KashFlow, or not yet
├── SeveralThere        several documents may be the item of unknown outcome
├── CameOutDifferent    what KashFlow has is not what was sent
├── NotReadBack         what was published could not be read back
├── EditedThere         what was published was changed in KashFlow since
├── DeletedThere        what was published is no longer in KashFlow
├── NotUndone           what was published cannot be taken out of KashFlow by Kashdeck
├── AlreadyThere        KashFlow has the payment, file or note already
├── FileChanged         a file to attach is not the one that was shown
├── DocumentGone        the document that a step belongs to is no longer in KashFlow
├── NotDecided          a person's decision that cannot be, or cannot be yet
├── NotGathered         an item that is no claim put together here
└── WrongValue          a value that cannot be used (setting, field, list name)
"""

from __future__ import annotations

from kfclient.errors import Problem


class DeskError(Problem):
    """Something the desk cannot do."""

    code = "desk"


class NotAllowed(DeskError):
    """Only an Admin of the business may do this."""

    code = "not-allowed"
    default_cure = "Ask an Admin of this business, or the accountant who looks after it."


class LastAdmin(DeskError):
    """The last Admin cannot go."""

    code = "last-admin"
    default_cure = "Name somebody else Admin first."


class BusinessUnknown(DeskError):
    """There is no business of that name here."""

    code = "business-unknown"
    default_cure = "See the names with: kashdeck connections"


class BusinessExists(DeskError):
    """A business of that name is here already."""

    code = "business-exists"
    default_cure = "Choose another name."


class NotConnected(DeskError):
    """The business is not connected to KashFlow."""

    code = "not-connected"
    default_cure = "Connect it first; an Admin can."


class OtherCompany(DeskError):
    """The credentials open the books of another company."""

    code = "other-company"
    default_cure = (
        "Use the credentials of the company connected before. To work with the other company, add "
        "it as a business of its own; to move this one over, disconnect it first."
    )


class Busy(DeskError):
    """The same work is going on in another session."""

    code = "busy"
    default_cure = "Wait until it has ended, then try again."


class NothingRuns(DeskError):
    """Nothing is being published for the business."""

    code = "nothing-runs"


class BrokenOff(DeskError):
    """Who published was ended suddenly; what was sent is written down."""

    code = "broken-off"


class FileRefused(DeskError):
    """A file cannot be imported at all."""

    code = "file-refused"


class ItemUnknown(DeskError):
    """There is no item of that number."""

    code = "item-unknown"
    default_cure = "See the numbers with: kashdeck items NAME"


class ChangedMeanwhile(DeskError):
    """Somebody else changed the same thing of a business after it was looked at."""

    code = "changed-meanwhile"
    default_cure = "Look at it as it is now, and make your change again if it is still wanted."


class ItemChanged(DeskError):
    """Somebody else changed the item meanwhile."""

    code = "item-changed"
    default_cure = "Look at it as it is now, and make your change again."


class NothingToUndo(DeskError):
    """There is no edit, deletion or import of the person's that could be taken back."""

    code = "nothing-to-undo"


class ItemSettled(DeskError):
    """The item is in KashFlow, or may be, and stays as it is here."""

    code = "item-settled"


class PlanChanged(DeskError):
    """What would be sent is no longer what was shown."""

    code = "plan-changed"
    default_cure = "Nothing was sent. Look at the items again, then publish."


class NotAgreed(DeskError):
    """A supplier or customer has to be created first, and nobody agreed to it."""

    code = "not-agreed"


class Duplicate(DeskError):
    """KashFlow has the document already."""

    code = "duplicate"
    default_cure = (
        "If it is the same one, remove the item here. If it is another one, give its reference "
        "something to tell them apart."
    )


class ThereTwice(DeskError):
    """What was published is in KashFlow a second time, put there by somebody else meanwhile."""

    code = "there-twice"
    default_cure = (
        "Somebody else may be publishing the same. Take one of the two out of KashFlow, and "
        "publish to an account from one home alone."
    )


class SameTrouble(DeskError):
    """A run met the same trouble at one item after the other, so it sends no more."""

    code = "same-trouble"
    default_cure = (
        "Publish again when KashFlow is well: what got no answer is looked for first, then the "
        "rest is sent."
    )


class TwinUnknown(DeskError):
    """One just like it was sent and its outcome is not known, so they could not be told apart."""

    code = "twin-unknown"
    default_cure = "Settle the other one first, then publish this one."


class NotThereYet(DeskError):
    """An item of unknown outcome is not in KashFlow, or not yet."""

    code = "not-there-yet"


class SeveralThere(DeskError):
    """Several documents in KashFlow may be the item of unknown outcome."""

    code = "several-there"


class CameOutDifferent(DeskError):
    """What KashFlow has is not what was sent."""

    code = "came-out-different"
    default_cure = "Look at it in KashFlow and put it right there."


class NotReadBack(DeskError):
    """What was published could not be read back to be compared."""

    code = "not-read-back"


class EditedThere(DeskError):
    """What was published was changed in KashFlow since."""

    code = "edited-there"
    default_cure = "Leave it so, or put it right in KashFlow; verify it again then."


class DeletedThere(DeskError):
    """What was published is no longer in KashFlow."""

    code = "deleted-there"
    default_cure = (
        "If it is to be there, undo the item, which brings it back to the inbox, and publish it "
        "again."
    )


class NotUndone(DeskError):
    """What was published cannot be taken out of KashFlow by Kashdeck."""

    code = "not-undone"


class AlreadyThere(DeskError):
    """KashFlow has the payment, the file or the note already; none was added."""

    code = "already-there"


class FileChanged(DeskError):
    """A file to attach cannot be read, or is not the one that was shown."""

    code = "file-changed"


class DocumentGone(DeskError):
    """The document that a payment, a file or a note belongs to is no longer in KashFlow."""

    code = "document-gone"
    default_cure = "Look in KashFlow: it may have been deleted there, or replaced."


class NotDecided(DeskError):
    """What a person decided about an unknown outcome cannot be, or cannot be yet."""

    code = "not-decided"


class NotGathered(DeskError):
    """An item is no expense claim that was put together from costs of the inbox."""

    code = "not-gathered"
    default_cure = "Only such a claim can be taken apart; others can be removed."


class WrongValue(DeskError):
    """A value cannot be used as it is."""

    code = "wrong-value"
