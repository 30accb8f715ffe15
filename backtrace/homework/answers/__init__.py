"""What somebody claims, read: `dL/dw = 2*s*x`, in the language or in LaTeX (latex/)."""
