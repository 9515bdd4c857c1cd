import { Skeleton } from '@kit'
import { WifiOff } from 'lucide-react'
import { lazy, Suspense, useEffect } from 'react'
import { Redirect, Route, Switch, useLocation } from 'wouter'
import { screen } from '../actions/action'
import { Inbox } from '../features/inbox/Inbox'
import { useCell } from '../store/cell'
import { connection } from '../store/world'
import { t } from '../text/t'
import { Arrivals } from './Arrivals'
import { BottomBar } from './BottomBar'
import { Boundary } from './Boundary'
import { home } from './go'
import { Nav } from './Nav'
import { Questions } from './Questions'
import { useKeyboard } from './useKeyboard'

const Health = lazy(() => import('../features/health/Health'))
const Quarantine = lazy(() => import('../features/quarantine/Quarantine'))
const Settings = lazy(() => import('../features/settings/Settings'))
const Outbox = lazy(() => import('../features/outbox/Outbox'))
const Customers = lazy(() => import('../features/customer/Customers'))

function useScreenName(): void {
  const [path] = useLocation()
  useEffect(() => screen.set(path.split('/')[1] || 'inbox'), [path])
}

function ConnectionBar() {
  const state = useCell(connection)
  if (state === 'live') return null
  return (
    <div role="status" className="flex items-center justify-center gap-2 bg-risk-soft px-3 py-1 text-meta text-risk">
      <WifiOff size={13} aria-hidden />
      {t(state === 'offline' ? 'connection.offline' : 'connection.connecting')}
    </div>
  )
}

function Waiting() {
  return (
    <div className="flex-1 p-8">
      <Skeleton lines={6} className="max-w-xl" />
    </div>
  )
}

/** The desk once somebody is signed in: side bar, the screen in use, and what lies over all of them. */
export function Shell() {
  useKeyboard()
  useScreenName()
  return (
    <div className="flex h-full flex-col">
      <ConnectionBar />
      <div className="flex min-h-0 flex-1">
        <Nav />
        <Boundary name="screen">
          <Suspense fallback={<Waiting />}>
            <Switch>
              <Route path="/inbox/:view/:id?">
                {({ view, id }) => <Inbox view={decodeURIComponent(view)} id={id ? Number(id) : null} />}
              </Route>
              <Route path="/customers/:id?">{({ id }) => <Customers id={id ? Number(id) : null} />}</Route>
              <Route path="/health" component={Health} />
              <Route path="/quarantine/:id?">{({ id }) => <Quarantine id={id ? Number(id) : null} />}</Route>
              <Route path="/settings/:part?/:id?">
                {({ part, id }) => <Settings part={part ?? 'me'} id={id ?? null} />}
              </Route>
              <Route path="/outbox" component={Outbox} />
              <Route>
                <Redirect to={home()} replace />
              </Route>
            </Switch>
          </Suspense>
        </Boundary>
      </div>
      <BottomBar />
      <Questions />
      <Arrivals />
    </div>
  )
}
