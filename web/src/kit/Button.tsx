import type { ComponentChildren } from "preact";

interface Props {
  children: ComponentChildren;
  onPress: () => void;
  /** The one that a reader will want next. */
  main?: boolean;
  disabled?: boolean;
  pressed?: boolean;
  label?: string;
  title?: string;
}

export function Button({ children, onPress, main, disabled, pressed, label, title }: Props) {
  return (
    <button
      type="button"
      class={main === true ? "button main" : "button"}
      disabled={disabled ?? false}
      aria-pressed={pressed}
      aria-label={label}
      title={title ?? label}
      onClick={onPress}
    >
      {children}
    </button>
  );
}
