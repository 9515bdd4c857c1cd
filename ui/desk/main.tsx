import { createRoot } from 'react-dom/client'
import './desk.css'
createRoot(document.getElementById('root')!).render(<div className="p-4 text-body text-ink-2 bg-subtle">Kept</div>)
