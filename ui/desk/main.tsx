import { createRoot } from 'react-dom/client'
import { App } from './app/App'
import { dress } from './app/preferences'
import { start } from './app/session'
import './desk.css'

dress()
const root = document.getElementById('root')
if (root) createRoot(root).render(<App />)
void start()
