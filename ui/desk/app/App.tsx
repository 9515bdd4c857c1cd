import { CSPProvider } from '@base-ui/react/csp-provider'
import { DirectionProvider } from '@base-ui/react/direction-provider'
import { Button, Skeleton, TipProvider, Trouble } from '@kit'
import { lazy, Suspense } from 'react'
import { Redirect, Route, Switch } from 'wouter'
import { useCell } from '../store/cell'
import { locale, t } from '../text/t'
import { zone } from '../text/time'
import { Boundary } from './Boundary'
import { home } from './go'
import { Shell } from './Shell'
import { currentDirection, session, start } from './session'
import { Toasts } from './Toasts'

const SignIn = lazy(() => import('../features/signin/SignIn'))
const Setup = lazy(() => import('../features/signin/Setup'))
const Invited = lazy(() => import('../features/signin/Invited'))
const Gallery = lazy(() => import('../features/gallery/Gallery'))

function Starting() {
  return (
    <div role="status" aria-label={t('app.starting')} className="mx-auto max-w-md p-12">
      <Skeleton lines={4} />
    </div>
  )
}

function Failed({ reason }: { reason: string }) {
  return (
    <main className="mx-auto max-w-md p-8">
      <h1 className="mb-3 text-page font-semibold">Kept</h1>
      <Trouble title={t('app.failed')} text={reason} />
      <Button className="mt-4" large tone="primary" onClick={() => void start()}>
        {t('action.retry')}
      </Button>
    </main>
  )
}

function Current() {
  const now = useCell(session)
  switch (now.state) {
    case 'starting':
      return <Starting />
    case 'failed':
      return <Failed reason={now.reason} />
    case 'setup':
      return <Setup />
    case 'signed-out':
      return <SignIn demo={now.demo} />
    case 'ready':
      return <Shell key={`${locale()} ${zone()}`} />
  }
}

/** The whole workspace: everything below is one of four states, except an invitation and the gallery, which stand alone. */
export function App() {
  useCell(session)
  return (
    <CSPProvider disableStyleElements>
      <DirectionProvider direction={currentDirection()}>
        <TipProvider delay={500}>
          <Boundary name="app">
            <Suspense fallback={<Starting />}>
              <Switch>
                <Route path="/invite/:token">{({ token }) => <Invited token={token} />}</Route>
                <Route path="/dev/gallery" component={Gallery} />
                <Route path="/signin">
                  <SignedInGoesOn />
                </Route>
                <Route>
                  <Current />
                </Route>
              </Switch>
            </Suspense>
          </Boundary>
          <Toasts />
        </TipProvider>
      </DirectionProvider>
    </CSPProvider>
  )
}

function SignedInGoesOn() {
  const now = useCell(session)
  return now.state === 'ready' ? <Redirect to={home()} replace /> : <Current />
}
