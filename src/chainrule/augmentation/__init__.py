"""Training pictures, changed a little anew in every epoch."""

from chainrule.augmentation.augmentation import Augmentation as Augmentation
